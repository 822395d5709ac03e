#!/usr/bin/env python3
"""Records reduced cases of AlgoPerf's PyTorch models as test fixtures: CASE.safetensors, CASE.json.

    make-algoperf-text-and-graph-cases.py ALGOPERF_CHECKOUT FIXTURES CASE BASE KEY=VALUE...

Runs AlgoPerf's own model code (commit 2c90454fc05d) on the CPU with the inputs and the weights recipe
of the recorded case BASE in FIXTURES, and the constructor of BASE changed by KEY=VALUE (JSON). To see
that it records what AlgoPerf computes, record BASE itself and compare. Needs PyTorch >= 1.13; one
without scaled_dot_product_attention gets its definition written out.
"""
import json
import math
import pathlib
import struct
import sys
import types
from collections import namedtuple
from unittest import mock

import torch
import torch.nn.functional as F

DTYPES = {'F32': torch.float32, 'I64': torch.int64, 'BOOL': torch.bool}


def attention(q, k, v, attn_mask=None, dropout_p=0.0):
  scores = q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))
  if attn_mask is not None:
    scores = scores + attn_mask
  return F.dropout(torch.softmax(scores, -1), dropout_p) @ v


def tree_map(f, x):
  if x is None:
    return None
  if isinstance(x, dict):
    return {k: tree_map(f, v) for k, v in x.items()}
  if isinstance(x, (list, tuple)):
    return type(x)(tree_map(f, v) for v in x)
  return f(x)


def stub_what_is_not_pytorch():
  """AlgoPerf's modules import JAX and TensorFlow also where they only use their tree_map."""
  for name in ['absl', 'absl.logging', 'tensorflow', 'jraph', 'jax', 'jax.tree', 'jax.tree_util',
               'jax.numpy', 'algoperf.spec', 'algoperf.data_utils', 'algoperf.profiler', 'algoperf._version',
               'tensorflow_datasets', 'sacrebleu']:
    sys.modules[name] = mock.MagicMock(name=name)
  tree = types.ModuleType('jax.tree_util')
  tree.tree_map, tree.tree_leaves, tree.tree_all = tree_map, lambda x: [x], lambda x: bool(x)
  sys.modules['jax'].tree_util = sys.modules['jax.tree_util'] = tree
  sys.modules['jax'].tree.map = tree_map
  sys.modules['jraph'].GraphsTuple = namedtuple(
    'GraphsTuple', 'nodes edges receivers senders globals n_node n_edge')
  if not hasattr(F, 'scaled_dot_product_attention'):
    F.scaled_dot_product_attention = attention


def read_tensors(path):
  data = path.read_bytes()
  size, = struct.unpack('<Q', data[:8])
  tensors = {}
  for name, info in json.loads(data[8:8 + size]).items():
    if name == '__metadata__':
      continue
    begin, end = (8 + size + o for o in info['data_offsets'])
    flat = torch.frombuffer(bytearray(data[begin:end]), dtype=DTYPES[info['dtype']])
    tensors[name] = flat.reshape(info['shape'])
  return tensors


def write_tensors(path, tensors):
  header, body = {}, b''
  for name, tensor in tensors.items():
    dtype = {v: k for k, v in DTYPES.items()}[tensor.dtype]
    raw = tensor.contiguous().numpy().tobytes()
    header[name] = {'dtype': dtype, 'shape': list(tensor.shape),
                    'data_offsets': [len(body), len(body) + len(raw)]}
    body += raw
  text = json.dumps(header, separators=(',', ':')).encode()
  text += b' ' * (-len(text) % 8)
  path.write_bytes(struct.pack('<Q', len(text)) + text + body)


def recipe_values(entry):
  count = math.prod(entry['shape'])
  mask = 0xFFFFFFFF
  values = []
  for i in range(count):
    x = (i + 0x9E3779B9 * (entry['k'] + 1)) & mask
    x ^= x >> 16
    x = x * 0x85EBCA6B & mask
    x ^= x >> 13
    x = x * 0xC2B2AE35 & mask
    x ^= x >> 16
    values.append(entry['offset'] + entry['scale'] * (x / 2**31 - 1))
  return torch.tensor(values, dtype=torch.float64).float().reshape(entry['shape'])


class Translation:
  def __init__(self, inputs):
    self.inputs = inputs

  def make(self, constructor):
    from algoperf.workloads.wmt.wmt_pytorch import models
    arguments = dict(constructor)
    arguments['activation'] = {'relu': F.relu, 'tanh': torch.tanh}[arguments['activation']]
    return models.Transformer(**arguments)

  def forward(self, model, training):
    p = 'packed_' if training else ''
    i = self.inputs
    return model(i[p + 'src'], i[p + 'tgt'], i.get(p + 'src_position'), i.get(p + 'tgt_position'),
                 i.get(p + 'src_segmentation'), i.get(p + 'tgt_segmentation'), dropout_rate=0.0)

  def loss(self, logits, training, smoothing):
    targets = self.inputs['packed_tgt' if training else 'tgt']
    values = F.cross_entropy(logits.transpose(1, 2), targets, reduction='none',
                             label_smoothing=smoothing)
    return torch.where(targets > 0, values, torch.zeros(())), (targets > 0).sum().float()

  def scalars(self, logits, training):
    targets = self.inputs['packed_tgt' if training else 'tgt']
    right = (logits.argmax(-1) == targets) & (targets > 0)
    return {'accuracy_sum': float(right.sum())}

  def extras(self, model, sidecar, tensors):
    from algoperf.workloads.wmt.wmt_pytorch import decode
    beam = sidecar['beam']
    size, source = beam['beam_size'], self.inputs['src']
    with torch.no_grad():
      encoded = model.encoder(source).repeat_interleave(size, 0)
      raw = source.repeat_interleave(size, 0)

      def step(ids, cache):
        logits, cache = model.decoder(ids, encoded, raw, decode=True,
                                      max_len=beam['max_decode_len'], cache=cache)
        return logits.squeeze(1), cache

      found, _ = decode.beam_search(source, None, step, size, beam['alpha'], beam['eos_id'],
                                    beam['max_decode_len'])
    tensors['beam/sequences'] = found[:, -1, 1:].long()
    beam['sequences'] = tensors['beam/sequences'].tolist()


class Graphs:
  def __init__(self, inputs):
    self.inputs = inputs

  def make(self, constructor):
    from algoperf.workloads.ogbg.ogbg_pytorch import models
    return models.GNN(**constructor)

  def forward(self, model, training):
    i = self.inputs
    graph = sys.modules['jraph'].GraphsTuple(
      i['nodes'], i['edges'], i['receivers'], i['senders'], None, i['n_node'], i['n_edge'])
    return model(graph, dropout_rate=0.0)

  def loss(self, logits, training, smoothing):
    mask, labels = self.inputs['weights'], self.inputs['targets']
    labels = (1 - smoothing) * torch.where(mask, labels, -torch.ones(())) \
        + smoothing / labels.shape[-1]
    # AlgoPerf's formula, max(z, 0) - z y + log(1 + exp(-|z|)), is this.
    values = F.binary_cross_entropy_with_logits(logits, labels, reduction='none')
    return torch.where(mask, values, torch.zeros(())), mask.sum().float()

  def scalars(self, logits, training):
    return {}

  def extras(self, model, sidecar, tensors):
    pass


def recipe_of(model, base):
  """The base's recipe by name; a parameter that it lacks or has in another size gets a new one."""
  known = {e['name']: e for e in base}
  recipe = []
  for k, (name, p) in enumerate(model.named_parameters()):
    entry = known.get(name)
    if entry is None or entry['shape'] != list(p.shape):
      norm = '.norm' in name
      scale = 1 / math.sqrt(p.shape[-1]) if p.dim() > 1 else 0.1
      entry = {'name': name, 'shape': list(p.shape), 'k': 1000 + k,
               'offset': 1.0 if norm and name.endswith('weight') else 0.0, 'scale': round(scale, 9)}
    recipe.append(entry)
  return recipe


def record(fixtures, case, base, changes):
  stub_what_is_not_pytorch()
  sidecar = json.loads((fixtures / (base + '.json')).read_text())
  stored = read_tensors(fixtures / (base + '.safetensors'))
  inputs = {k[6:]: v for k, v in stored.items() if k.startswith('input/')}
  constructor = {**sidecar['constructor'], **changes}
  family = Translation(inputs) if case.startswith('wmt') else Graphs(inputs)
  model = family.make(constructor)
  recipe = recipe_of(model, sidecar['weights_recipe'])
  parameters = dict(model.named_parameters())
  for entry in recipe:
    parameters[entry['name']].data.copy_(recipe_values(entry))
  tensors = {'state/' + e['name']: parameters[e['name']].data.clone() for e in recipe}
  tensors.update({'input/' + k: v for k, v in inputs.items()})
  out = {'case': case, 'workload': case, 'algoperf_commit': sidecar['algoperf_commit'],
         'torch': torch.__version__, 'model_class': sidecar['model_class'],
         'constructor': constructor, 'total_params': sum(p.numel() for p in parameters.values()),
         'weights_recipe': recipe, 'weights_stored': True,
         'note': 'recorded by make-algoperf-text-and-graph-cases.py with the inputs of ' + base}
  for name, training in [('eval', False), ('train', True)]:
    model.train(training)
    logits = family.forward(model, training)
    values, count = family.loss(logits, training, 0.0)
    tensors[f'output_{name}/logits'] = logits.detach()
    tensors[f'loss_{name}/per_example'] = values.detach()
    out[name] = {'summed': values.sum().item(), 'n_valid_examples': count.item(),
                 'summed_label_smoothing_0.1': family.loss(logits, training, 0.1)[0].sum().item(),
                 **family.scalars(logits, training)}
    if training:
      loss = values.sum() / count
      loss.backward()
      out[name]['loss'] = loss.item()
  grads = {n: p.grad for n, p in parameters.items()}
  tensors.update({'grad/' + n: g for n, g in grads.items() if g is not None})
  out['train']['grad_norms'] = {n: None if g is None else g.double().norm().item()
                                for n, g in grads.items()}
  out['train']['grad_norm_global'] = math.sqrt(sum(
    g.double().norm().item()**2 for g in grads.values() if g is not None))
  twin = family.make(constructor).double().train()
  twin.load_state_dict(model.state_dict())
  out['train']['fp64'] = noise(family, twin, tensors, out['train'])
  if 'beam' in sidecar:
    out['beam'] = sidecar['beam']
  model.eval()
  family.extras(model, out, tensors)
  write_tensors(fixtures / (case + '.safetensors'), tensors)
  (fixtures / (case + '.json')).write_text(json.dumps(out, indent=1) + '\n')


def noise(family, twin, tensors, expected):
  """The same training step in double precision, which shows the noise of float32."""
  family.inputs = {k: v.double() if v.is_floating_point() else v for k, v in family.inputs.items()}
  torch.set_default_dtype(torch.float64)
  logits = family.forward(twin, True)
  values, count = family.loss(logits, True, 0.0)
  loss = values.sum() / count
  loss.backward()
  torch.set_default_dtype(torch.float32)
  family.inputs = {k: v.float() if v.is_floating_point() else v for k, v in family.inputs.items()}
  norms = {n: 0.0 if p.grad is None else p.grad.norm().item() for n, p in twin.named_parameters()}
  return {'loss': loss.item(),
          'max_abs_logit_diff': (logits - tensors['output_train/logits']).abs().max().item(),
          'max_grad_norm_diff_over_global':
              max(abs(n - (expected['grad_norms'][k] or 0.0)) for k, n in norms.items())
              / expected['grad_norm_global']}


if __name__ == '__main__':
  sys.path.insert(0, sys.argv[1])
  changed = dict(a.split('=', 1) for a in sys.argv[5:])
  record(pathlib.Path(sys.argv[2]), sys.argv[3], sys.argv[4],
         {k: json.loads(v) for k, v in changed.items()})
