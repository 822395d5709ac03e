#!/usr/bin/env python3
"""Records what AlgoPerf's own PyTorch models compute, for variants without recorded cases.

Usage: record-algoperf-cases.py ALGOPERF FIXTURES [--only CASE]
  ALGOPERF  a checkout of mlcommons/algorithmic-efficiency at commit 2c90454fc05d
  FIXTURES  the folder tests/workloads: a case takes batch and sizes from its base's case, and goes
            beside it

Needs torch 2.11, numpy, jax, jraph, absl-py. The format is that of tests/workloads/*/fixtures; a
base's case recorded anew has the same loss to the last bit where its weights have the same recipe
(the U-Net's, the ViT's and the graph network's). float32, one thread; the train-mode step is repeated in float64 to tell how much float32 noise to allow.
"""
import argparse
import copy
import json
import math
import pathlib
import struct
import sys
import types

import numpy as np
import torch
import torch.nn.functional as F

STORED = 200_000  # parameters
COMMIT = '2c90454fc05d5bdf3598b0c7651e611f132a7060'
DTYPES = {'F32': np.float32, 'I64': np.int64, 'I32': np.int32, 'BOOL': np.bool_}


def read_tensors(path):
  data = path.read_bytes()
  (size,) = struct.unpack('<Q', data[:8])
  header = json.loads(data[8 : 8 + size])
  result = {}
  for name, entry in header.items():
    if name == '__metadata__':
      continue
    begin, end = (8 + size + at for at in entry['data_offsets'])
    array = np.frombuffer(data[begin:end], DTYPES[entry['dtype']])
    result[name] = torch.from_numpy(array.reshape(entry['shape']).copy())
  return result


def write_tensors(path, tensors):
  names = {np.dtype(t): n for n, t in DTYPES.items()}
  header, blobs, at = {}, [], 0
  for name in sorted(tensors):
    array = np.ascontiguousarray(tensors[name].detach().numpy())
    header[name] = {
      'dtype': names[array.dtype],
      'shape': list(array.shape),
      'data_offsets': [at, at + array.nbytes],
    }
    at += array.nbytes
    blobs.append(array.tobytes())
  text = json.dumps(header).encode()
  text += b' ' * (-len(text) % 8)
  path.write_bytes(struct.pack('<Q', len(text)) + text + b''.join(blobs))


def hashed(shape, k):
  """A fixed integer hash of the flat index, in [0, 2^32), as float64."""
  with np.errstate(over='ignore'):
    x = np.arange(math.prod(shape), dtype=np.uint32) + np.uint32(0x9E3779B9 * (k + 1) % 2**32)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(13)
    x *= np.uint32(0xC2B2AE35)
    x ^= x >> np.uint32(16)
  return x.astype(np.float64)


def recipe_of(name, tensor, initial, k):
  """How far a tensor's values lie from those it starts with: never exactly 0 or 1."""
  shape = list(tensor.shape)
  if name.endswith('running_var'):
    offset, scale = 1.0, 0.5
  elif name.endswith('running_mean'):
    offset, scale = 0.0, 0.2
  elif tensor.dim() >= 2:
    fan = math.prod(shape[1:])
    offset, scale = 0.0, round(math.sqrt(3 / fan), 9)
  elif initial.numel() and bool((initial == 1).all()):
    offset, scale = 1.0, 0.2
  else:
    offset, scale = 0.0, 0.1
  return {'name': name, 'shape': shape, 'k': k, 'offset': offset, 'scale': scale}


def stored_names(model):
  """Trained parameters and running statistics; constants are neither."""
  trained = {n for n, p in model.named_parameters() if p.requires_grad}
  return [n for n in model.state_dict()
          if n in trained or n.endswith(('running_mean', 'running_var'))]


def fill(model):
  """Sets parameters and running statistics by the recipe and returns it; tied tensors once."""
  recipe, seen = [], set()
  state = model.state_dict()
  for name in stored_names(model):
    tensor = state[name]
    if tensor.data_ptr() in seen:
      continue
    seen.add(tensor.data_ptr())
    entry = recipe_of(name, tensor, tensor.clone(), len(recipe))
    values = entry['offset'] + entry['scale'] * (hashed(entry['shape'], entry['k']) / 2**31 - 1)
    tensor.copy_(torch.from_numpy(values.astype(np.float32).reshape(entry['shape'])))
    recipe.append(entry)
  return recipe


# --- losses, as in AlgoPerf's workloads: per example, their sum, the number of valid ones


def classification(batch, logits, smoothing=0.0):
  per_example = F.cross_entropy(logits, batch['targets'], reduction='none', label_smoothing=smoothing)
  per_example = per_example * batch['weights']
  return per_example, per_example.sum(), batch['weights'].sum()


def clicks(batch, logits, smoothing=None):
  targets, z = batch['targets'], logits.flatten()
  per_example = -(targets * F.logsigmoid(z) + (1 - targets) * F.logsigmoid(-z)) * batch['weights']
  return per_example, per_example.sum(), batch['weights'].sum()


def absolute_error(batch, logits, smoothing=None):
  per_example = (logits - batch['targets']).abs().mean(dim=(1, 2)) * batch['weights']
  return per_example, per_example.sum(), batch['weights'].sum()


def molecules(batch, logits, smoothing=0.0):
  mask = batch['weights'].to(logits.dtype)
  targets = (1 - smoothing) * batch['targets'] + smoothing / batch['targets'].shape[-1]
  per_example = logits.clamp(min=0) - logits * targets + torch.log1p(torch.exp(-logits.abs()))
  per_example = torch.where(mask > 0, per_example, torch.zeros_like(per_example))
  return per_example, per_example.sum(), mask.sum()


def translation(targets):
  def loss(_, logits, smoothing=0.0):
    mask = (targets > 0).to(logits.dtype)
    per_token = F.cross_entropy(
      logits.transpose(-2, -1), targets, reduction='none', label_smoothing=smoothing
    )
    return per_token * mask, (per_token * mask).sum(), mask.sum()

  return loss


def speech(batch, output, smoothing=None):
  logits, paddings = output
  lengths = (1 - paddings).sum(-1).long()
  target_lengths = (1 - batch['target_paddings']).sum(-1).long()
  per_example = F.ctc_loss(
    F.log_softmax(logits, -1).transpose(0, 1), batch['targets'].long(), lengths, target_lengths,
    blank=0, reduction='none', zero_infinity=False,
  )
  return per_example, per_example.sum(), target_lengths.sum().clamp(min=1).to(per_example.dtype)


# --- the cases: name, family folder and base case, changed arguments, how it is built and run


def import_models(root):
  sys.path.insert(0, str(root))
  # Their packages ask for these when imported, the models don't use them.
  sys.modules.setdefault('tensorflow', types.ModuleType('tensorflow'))
  version = types.ModuleType('algoperf._version')
  version.version = '0.6.0'
  sys.modules.setdefault('algoperf._version', version)
  from algoperf.workloads.cifar.cifar_pytorch import models as cifar
  from algoperf.workloads.criteo1tb.criteo1tb_pytorch import models as criteo
  from algoperf.workloads.fastmri.fastmri_pytorch import models as fastmri
  from algoperf.workloads.imagenet_resnet.imagenet_pytorch import models as resnet
  from algoperf.workloads.imagenet_vit.imagenet_pytorch import models as vit
  from algoperf.workloads.librispeech_conformer.librispeech_pytorch import models as conformer
  from algoperf.workloads.librispeech_deepspeech.librispeech_pytorch import models as deepspeech
  from algoperf.workloads.ogbg.ogbg_pytorch import models as ogbg
  from algoperf.workloads.wmt.wmt_pytorch import models as wmt
  from jraph import GraphsTuple

  def images(model, batch):
    return model(batch['inputs'])

  def slices(model, batch):
    return model(batch['inputs'].unsqueeze(1)).squeeze(1)

  def graphs(model, batch):
    return model(GraphsTuple(
      nodes=batch['nodes'], edges=batch['edges'], receivers=batch['receivers'].long(),
      senders=batch['senders'].long(), globals=None, n_node=batch['n_node'].long(),
      n_edge=batch['n_edge'].long()), dropout_rate=0.0)

  def sentences(model, batch):
    if not model.training:
      return model(batch['src'], batch['tgt'], dropout_rate=0.0)
    return model(batch['packed_src'], batch['packed_tgt'],
                 inputs_positions=batch['packed_src_position'],
                 targets_positions=batch['packed_tgt_position'],
                 inputs_segmentation=batch['packed_src_segmentation'],
                 targets_segmentation=batch['packed_tgt_segmentation'], dropout_rate=0.0)

  def sounds(model, batch):
    return model(batch['audio'], batch['audio_paddings'], dropout_rate=0.0)

  def transformer(**a):
    activation = {'relu': F.relu, 'tanh': F.tanh}[a.pop('activation', 'relu')]
    return wmt.Transformer(activation=activation, **a)

  def residual(module, act=None):
    def make(**a):
      a['block'] = getattr(module, a['block'])
      name = a.pop('activation', 'relu')
      if act is not None:
        a['act_fnc'] = act[name]
      return module.ResNet(**a)

    return make

  activations = {
    'relu': torch.nn.ReLU(inplace=True),
    'silu': torch.nn.SiLU(inplace=True),
    'gelu_tanh': torch.nn.GELU(approximate='tanh'),
  }
  conform = lambda **a: conformer.ConformerEncoderDecoder(conformer.ConformerConfig(**a))
  deep = lambda **a: deepspeech.DeepspeechEncoderDecoder(deepspeech.DeepspeechConfig(**a))
  dlrm = dict(build=criteo.DlrmSmall, run=images, loss=clicks)
  dlrm_residual = dict(build=criteo.DLRMResNet, run=images, loss=clicks)
  mri = dict(build=fastmri.UNet, run=slices, loss=absolute_error)
  patches = dict(build=vit.ViT, run=images, loss=classification)
  molecular = dict(build=ogbg.GNN, run=graphs, loss=molecules)
  german = dict(build=transformer, run=sentences, loss=translation)
  conformed = dict(build=conform, run=sounds, loss=speech)
  deeply = dict(build=deep, run=sounds, loss=speech)
  drop = ('use_layer_norm', 'mlp_bottom_dims', 'mlp_top_dims')
  return [
    ('criteo1tb_layernorm', 'dlrm/criteo1tb', {'use_layer_norm': True}, (), dlrm),
    ('criteo1tb_resnet', 'dlrm/criteo1tb',
     {'mlp_bottom_dims': [16, 16, 16], 'mlp_top_dims': [32, 32, 32, 32, 1], 'embed_dim': 8}, drop,
     dlrm_residual),
    ('fastmri_layernorm', 'unet/fastmri', {'use_layer_norm': True}, (), mri),
    ('fastmri_model_size', 'unet/fastmri', {'num_channels': 8, 'num_pool_layers': 2}, (), mri),
    ('imagenet_vit_post_ln', 'vit/imagenet_vit', {'use_post_layer_norm': True}, (), patches),
    ('imagenet_vit_map', 'vit/imagenet_vit', {'use_map': True}, (), patches),
    ('ogbg_silu', 'gnn/ogbg', {'activation_fn_name': 'silu'}, (), molecular),
    ('ogbg_model_size', 'gnn/ogbg',
     {'hidden_dims': [16, 16], 'latent_dim': 8, 'num_message_passing_steps': 3}, (), molecular),
    ('wmt_post_ln', 'transformer/wmt', {'pre_ln': False}, (), german),
    ('wmt_attention_temp', 'transformer/wmt', {'attention_temp': 4.0}, (), german),
    ('librispeech_conformer_attention_temperature', 'conformer/librispeech_conformer',
     {'attention_temperature': 1.6}, (), conformed),
    ('librispeech_conformer_layernorm', 'conformer/librispeech_conformer',
     {'use_post_layer_norm': False}, (), conformed),
    ('librispeech_deepspeech_no_resnet', 'deepspeech/librispeech_deepspeech',
     {'enable_residual_connections': False}, (), deeply),
    ('librispeech_deepspeech_norm_and_spec_aug', 'deepspeech/librispeech_deepspeech',
     {'layernorm_everywhere': True, 'enable_decoder_layer_norm': False, 'freq_mask_count': 4,
      'time_mask_count': 15}, (), deeply),
    ('imagenet_resnet_silu', 'resnet/full_imagenet_resnet',
     {'activation': 'silu', 'layers': [1, 2, 1, 1], 'num_classes': 100}, (),
     dict(build=residual(resnet, activations), run=images, loss=classification)),
    ('full_cifar', 'resnet/full_imagenet_resnet',
     {'block': 'BasicBlock', 'layers': [2, 2, 2, 2], 'num_classes': 10}, ('activation',),
     dict(build=residual(cifar), run=images, loss=classification)),
  ]


def inputs_of(draws, tensors):
  batch = {n[len('input/'):]: t for n, t in tensors.items() if n.startswith('input/')}
  if draws is None:
    return batch
  images, targets = draws['inputs'], draws['targets']
  values = images['offset'] + images['scale'] * (hashed(images['shape'], images['k']) / 2**31 - 1)
  labels = targets['low'] + hashed(targets['shape'], targets['k']) / 2**32 * targets['n_values']
  return {
    'inputs': torch.from_numpy(values.astype(np.float32).reshape(images['shape'])),
    'targets': torch.from_numpy(np.floor(labels).astype(np.int64)),
    'weights': torch.tensor([1.0, 1.0, 1.0, 0.0]),
  }


def draws_of(base, constructor, name):
  """The base's recipe for inputs, for this model's classes; CIFAR's images are half as large."""
  draws = copy.deepcopy(base.get('input_recipe'))
  if draws is not None:
    draws['targets']['n_values'] = constructor['num_classes']
    if name == 'full_cifar':
      draws['inputs']['shape'] = [4, 3, 32, 32]
  return draws


def as_double(batch):
  return {n: t.double() if t.is_floating_point() else t for n, t in batch.items()}


def logits_of(output):
  return output[0] if isinstance(output, tuple) else output


def step(model, batch, case):
  model.train()
  output = case['run'](model, batch)
  loss = case['loss']
  if loss is translation:
    loss = translation(batch['packed_tgt'])
  model.zero_grad()
  per_example, summed, valid = loss(batch, output)
  (summed / valid).backward()
  return output, loss, per_example, summed, valid


def translate(model, source, settings):
  """The beam search of AlgoPerf over the model, with its settings; the best beam of each row."""
  from algoperf.workloads.wmt.wmt_pytorch import decode
  model.eval()
  size = settings['beam_size']
  with torch.no_grad():
    encoded = model.encoder(source).repeat_interleave(size, 0)
    raw = source.repeat_interleave(size, 0)

    def next_token(ids, cache):
      logits, cache = model.decoder(
        ids, encoded, raw, decode=True, max_len=settings['max_decode_len'], cache=cache)
      return logits.squeeze(1), cache

    found, _ = decode.beam_search(
      source, None, next_token, size, settings['alpha'], settings['eos_id'],
      settings['max_decode_len'])
  return settings | {'sequences': found[:, -1, 1:].long().tolist()}


def right_tokens(logits, targets):
  return ((logits.argmax(-1) == targets) & (targets > 0)).sum().double().item()


class Recorded(torch.nn.Module):
  """In place of a front end: what it made of the batch, in float64."""

  def __init__(self, features, paddings):
    super().__init__()
    self.outputs = features.double(), paddings.double()

  def forward(self, *_):
    return self.outputs


def double_step(model, batch, case):
  """A copy of the model and the train-mode step in float64, but for the front end of speech."""
  twin = copy.deepcopy(model).double()
  if hasattr(model, 'preprocessor'):
    with torch.no_grad():
      twin.preprocessor = Recorded(*model.preprocessor(batch['audio'], batch['audio_paddings']))
  torch.set_default_dtype(torch.float64)
  try:
    return twin, step(twin, as_double(batch), case)
  finally:
    torch.set_default_dtype(torch.float32)


def record(name, base_file, changes, dropped, case):
  base = json.loads(base_file.with_suffix('.json').read_text())
  constructor = {n: v for n, v in base['constructor'].items() if n not in dropped}
  constructor.update(changes)
  draws = draws_of(base, constructor, name)
  batch = inputs_of(draws, read_tensors(base_file.with_suffix('.safetensors')))
  torch.manual_seed(0)
  model = case['build'](**copy.deepcopy(constructor))
  model.eval()
  with torch.no_grad():
    case['run'](model, batch)  # some parameters have no shape before
  recipe = fill(model)
  state = {n: t.clone() for n, t in model.state_dict().items()}
  # What a recipe gives is not stored for a model of millions of parameters.
  stored = sum(math.prod(entry['shape']) for entry in recipe) < STORED
  tensors = {'input/' + n: t for n, t in batch.items()} if draws is None else {}
  if stored:
    tensors |= {'state/' + entry['name']: state[entry['name']] for entry in recipe}

  model.eval()
  with torch.no_grad():
    output = case['run'](model, batch)
  loss = translation(batch['tgt']) if case['loss'] is translation else case['loss']
  per_example, summed, valid = loss(batch, output)
  tensors['output_eval/logits'] = logits_of(output)
  if isinstance(output, tuple):
    tensors['output_eval/logit_paddings'] = output[1]
  tensors['loss_eval/per_example'] = per_example
  smooths = loss(batch, output, 0.1)[1] is not None and case['loss'] not in (
    clicks, absolute_error, speech)
  scalars = {'eval': {'summed': summed.item(), 'n_valid_examples': valid.item()}}
  if smooths:
    scalars['eval']['summed_label_smoothing_0.1'] = loss(batch, output, 0.1)[1].item()

  if case['loss'] is translation:
    scalars['eval']['accuracy_sum'] = right_tokens(output, batch['tgt'])

  twin, (double_output, _, _, double_summed, double_valid) = double_step(model, batch, case)
  output, loss, per_example, summed, valid = step(model, batch, case)
  tensors['output_train/logits'] = logits_of(output)
  if isinstance(output, tuple):
    tensors['output_train/logit_paddings'] = output[1]
  tensors['loss_train/per_example'] = per_example
  for n, t in model.state_dict().items():
    if n.endswith(('running_mean', 'running_var')):
      tensors['state_after_train/' + n] = t
  grads = {n: p.grad for n, p in model.named_parameters()}
  if stored:
    tensors |= {'grad/' + n: g for n, g in grads.items() if g is not None}
  norms = {n: None if g is None else g.norm().item() for n, g in grads.items()}
  total = math.sqrt(sum(g.double().pow(2).sum().item() for g in grads.values() if g is not None))
  double_grads = dict(twin.named_parameters())
  train = {
    'summed': summed.item(),
    'n_valid_examples': valid.item(),
    'loss': (summed / valid).item(),
    'grad_norms': norms,
    'grad_norm_global': total,
    'fp64': {
      'loss': (double_summed / double_valid).item(),
      'max_abs_logit_diff': (logits_of(double_output) - logits_of(output)).abs().max().item(),
      'max_grad_norm_diff_over_global': max(
        abs(norms[n] - double_grads[n].grad.norm().item()) / total
        for n in norms if norms[n] is not None),
    },
  }
  if smooths:
    train['summed_label_smoothing_0.1'] = loss(batch, output, 0.1)[1].item()
  if case['loss'] is translation:
    train['accuracy_sum'] = right_tokens(output, batch['packed_tgt'])
  if 'beam' in base:
    beam = translate(model, batch['src'], base['beam'])
    tensors['beam/sequences'] = torch.tensor(beam['sequences'])
  sidecar = {
    'case': name,
    'workload': name.removeprefix('full_'),
    'algoperf_commit': COMMIT,
    'torch': torch.__version__,
    'model_class': type(model).__name__,
    'constructor': constructor,
    'total_params': sum(p.numel() for p in model.parameters()),
    'weights_recipe': recipe,
    'weights_stored': stored,
    **({} if draws is None else {'input_recipe': draws}),
    **({'beam': beam} if 'beam' in base else {}),
    'note': 'made by scripts/record-algoperf-cases.py',
    'output_shapes': {n: list(t.shape) for n, t in tensors.items() if n.startswith('output_')},
    'eval': scalars['eval'],
    'train': train,
  }
  return tensors, sidecar


def main():
  parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
  parser.add_argument('algoperf', type=pathlib.Path)
  parser.add_argument('fixtures', type=pathlib.Path)
  parser.add_argument('--only', help='record this case alone')
  arguments = parser.parse_args()
  torch.set_num_threads(1)
  for name, base, changes, dropped, case in import_models(arguments.algoperf):
    if arguments.only and name != arguments.only:
      continue
    family, base_name = base.split('/')
    base_file = arguments.fixtures / family / 'fixtures' / base_name
    tensors, sidecar = record(name, base_file, changes, dropped, case)
    file = base_file.parent / name
    write_tensors(file.with_suffix('.safetensors'), tensors)
    file.with_suffix('.json').write_text(json.dumps(sidecar, indent=1) + '\n')
    print(name, sidecar['total_params'], 'loss', sidecar['train']['loss'])


if __name__ == '__main__':
  main()
