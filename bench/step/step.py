#!/usr/bin/env python3
"""One training step here against AlgoPerf's model in PyTorch eager: gradients, no optimizer.

Usage: step.py ALGOPERF [STEP_BENCH] [--only CASE]… [--threads N] [--rounds N] [--seconds S]
               [--processor-time]
  ALGOPERF    a checkout of mlcommons/algorithmic-efficiency; the language model is in commit
              4c37f2aa208f and later, its case is left out where it is missing
  STEP_BENCH  build/bench/step_bench

Needs what scripts/record-algoperf-cases.py needs, and the torch wheel of the LibTorch in use. Both
sides are processes that live through all rounds and get the same weights and the same batch. Before
anything is timed they must have the same number of parameters and the same loss in evaluation mode.
Then they take turns, --seconds each, in another order every round. Prints milliseconds a step,
the median of the rounds, and PyTorch's time divided by this project's: the geometric mean over
rounds, its standard error, and the smallest and largest of them.
"""
import argparse
import dataclasses
import importlib.util
import json
import math
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
SAME_LOSS = 2e-5  # relative; float32 sums in another order


@dataclasses.dataclass
class Case:
  workload: str
  family: str  # what make_model and run know
  arguments: dict  # of AlgoPerf's model
  batch: object  # -> tensors by the names of the workload's Batch
  own_sizes: bool = False  # the workload as registered, else in the sizes of `arguments`
  dropout: float = 0.0


# --- batches: sizes and values that a trial's batches have


def numbers(*shape, k=1):
  import torch
  return torch.from_numpy(recorder.hashed(shape, k).reshape(shape) / 2**31 - 1).float()


def integers(low, high, *shape, k=2):
  import torch
  return torch.from_numpy(low + recorder.hashed(shape, k).reshape(shape) / 2**32 * (high - low)).long()


def labelled_images(batch, channels, side, classes):
  return {'inputs': numbers(batch, channels, side, side), 'targets': integers(0, classes, batch),
          'weights': numbers(batch).abs().ceil()}


def clicks(batch, dense, categorical, vocabulary):
  import torch
  ids = integers(0, vocabulary, batch, categorical).float()
  return {'inputs': torch.cat([numbers(batch, dense), ids], 1),
          'targets': integers(0, 2, batch).float(), 'weights': torch.ones(batch)}


def windows(batch, length, vocabulary):
  import torch
  ids = integers(0, vocabulary, batch, length + 1)
  return {'inputs': ids[:, :-1].contiguous(), 'targets': ids[:, 1:].contiguous(),
          'weights': torch.ones(batch, length)}


def packed_sentences(rows, length, vocabulary):
  """Three sentences a row and an eighth of padding."""
  import torch
  place = torch.arange(length)
  sentence = place * 24 // (7 * length) + 1
  used = place < length * 7 // 8
  segment = torch.where(used, sentence, 0).expand(rows, length).contiguous()
  start = torch.stack([place[sentence == s][0] for s in sentence])
  position = torch.where(used, place - start, 0).expand(rows, length).contiguous()
  tensors = {'weights': segment.gt(0).float()}
  for k, side in enumerate(('inputs', 'targets')):
    tensors[side] = integers(3, vocabulary, rows, length, k=k) * segment.gt(0)
    tensors[side + '_position'] = position.clone()
    tensors[side + '_segmentation'] = segment.clone()
  return tensors


def utterances(batch, seconds, tokens, vocabulary):
  """Each shorter than the one before, down to half."""
  import torch
  samples = int(16000 * seconds)
  shortened = (torch.arange(batch) / (2 * batch)).unsqueeze(1)
  padded = lambda n: (torch.arange(n) >= (1 - shortened) * n).float()
  return {'inputs': 3000 * numbers(batch, samples), 'input_paddings': padded(samples),
          'targets': integers(1, vocabulary, batch, tokens), 'target_paddings': padded(tokens),
          'weights': torch.ones(batch)}


def molecules(graphs, outputs):
  """17 to 34 atoms, each bound to its two neighbours, as molecules are on average."""
  import torch
  n_node = 17 + torch.arange(graphs) % 18
  n_edge = 2 * (n_node - 1)
  first = torch.cumsum(n_node, 0) - n_node
  chains = [torch.arange(n - 1) + f for n, f in zip(n_node.tolist(), first.tolist())]
  senders = torch.cat([torch.cat([c, c + 1]) for c in chains])
  receivers = torch.cat([torch.cat([c + 1, c]) for c in chains])
  nodes, edges = int(n_node.sum()), int(n_edge.sum())
  return {'inputs': n_node, 'n_edge': n_edge, 'senders': senders, 'receivers': receivers,
          'nodes': integers(0, 5, nodes, 9).float(), 'edges': integers(0, 3, edges, 3).float(),
          'targets': integers(0, 2, graphs, outputs).float(),
          'weights': torch.ones(graphs, outputs)}


def slices(batch, side):
  import torch
  return {'inputs': numbers(batch, side, side), 'targets': numbers(batch, side, side, k=3),
          'weights': torch.ones(batch)}


CASES = {
  'fashion_mnist_vit': Case(
    'fashion_mnist_vit', 'vit',
    dict(channels=1, num_classes=10, patch_size=(7, 7), width=64, depth=3, mlp_dim=128,
         num_heads=4), lambda: labelled_images(128, 1, 28, 10), own_sizes=True),
  'fashion_mnist_resnet': Case(
    'fashion_mnist_resnet', 'resnet',
    dict(channels=1, inner_width=32, block='BasicBlock', layers=[1, 1, 1, 1], num_classes=10),
    lambda: labelled_images(128, 1, 28, 10), own_sizes=True),
  'gcide_lm': Case(
    'gcide_lm', 'lm',
    dict(model_dim=96, num_heads=4, seq_len=128, num_layers=2, vocab_size=256,
         expanded_model_dim=256, multiple_of=32), lambda: windows(8, 128, 256), own_sizes=True),
  'movielens_dlrm': Case(
    'movielens_dlrm', 'dlrm',
    dict(vocab_size=4096, num_dense_features=11, num_sparse_features=11,
         mlp_bottom_dims=[64, 32, 16], mlp_top_dims=[128, 64, 1], embed_dim=16),
    lambda: clicks(128, 11, 11, 4096), own_sizes=True),
  'chemicals_gnn': Case(
    'chemicals_gnn', 'gnn',
    dict(num_outputs=7, latent_dim=64, hidden_dims=[64], num_message_passing_steps=3),
    lambda: molecules(128, 7), own_sizes=True),
  'mri_heads_unet': Case(
    'mri_heads_unet', 'unet', dict(num_channels=8, num_pool_layers=3), lambda: slices(8, 96),
    own_sizes=True),
  'libreoffice_transformer': Case(
    'libreoffice_transformer', 'transformer',
    dict(ntoken=1024, d_model=128, nhead=4, d_hid=128, nlayers=2),
    lambda: packed_sentences(8, 64, 1024), own_sizes=True),
  # Those of the asterisk workloads have a front end of 8 kHz, which AlgoPerf's classes cannot have.
  'librispeech_conformer as small as asterisk_conformer': Case(
    'librispeech_conformer', 'conformer',
    dict(encoder_dim=64, num_attention_heads=4, num_encoder_layers=2),
    lambda: utterances(16, 3, 30, 1024), dropout=0.1),
  'librispeech_deepspeech as small as asterisk_deepspeech': Case(
    'librispeech_deepspeech', 'deepspeech',
    dict(encoder_dim=64, num_lstm_layers=2, num_ffn_layers=1),
    lambda: utterances(16, 3, 30, 1024), dropout=0.1),
  'imagenet_resnet at 64 x 64': Case(
    'imagenet_resnet', 'resnet', dict(block='Bottleneck', layers=[3, 4, 6, 3]),
    lambda: labelled_images(16, 3, 64, 1000)),
  'imagenet_vit at 64 x 64, 4 layers': Case(
    'imagenet_vit', 'vit', dict(width=384, depth=4, num_heads=6, mlp_dim=1536),
    lambda: labelled_images(16, 3, 64, 1000)),
  'wmt, 2 + 2 layers of width 512': Case(
    'wmt', 'transformer', dict(d_model=512, nhead=8, d_hid=512, nlayers=2),
    lambda: packed_sentences(8, 64, 32000), dropout=0.1),
  'librispeech_conformer, width 256': Case(
    'librispeech_conformer', 'conformer', dict(encoder_dim=256, num_attention_heads=4),
    lambda: utterances(4, 4, 20, 1024), dropout=0.1),
  'librispeech_deepspeech, width 256, 2 + 2 layers': Case(
    'librispeech_deepspeech', 'deepspeech',
    dict(encoder_dim=256, num_lstm_layers=2, num_ffn_layers=2),
    lambda: utterances(4, 4, 20, 1024), dropout=0.1),
  'ogbg, width 128, 5 steps': Case(
    'ogbg', 'gnn', dict(latent_dim=128, hidden_dims=[128]), lambda: molecules(64, 128),
    dropout=0.1),
  'fastmri, 16 channels': Case(
    'fastmri', 'unet', dict(num_channels=16), lambda: slices(4, 96)),
}


# --- AlgoPerf's models, with a batch by the names of this project's


def gray_vit(module):
  class Images(module.ViT):
    channels = 1

  return Images


def narrow_resnet(module, channels, width):
  """The class has its widths and channels fixed; all else is its own code."""
  import torch

  class Narrow(module.ResNet):
    def __init__(self, block, layers, num_classes, act_fnc):
      super().__init__(block, layers, num_classes, act_fnc=act_fnc)
      self.inplanes = width
      self.conv1 = torch.nn.Conv2d(channels, width, 7, 2, 3, bias=False)
      self.bn1 = torch.nn.BatchNorm2d(width)
      for i, blocks in enumerate(layers):
        layer = self._make_layer(block, act_fnc, width << i, blocks, stride=1 if i == 0 else 2)
        setattr(self, f'layer{i + 1}', layer)
      self.fc = torch.nn.Linear((width << 3) * block.expansion, num_classes)

  return Narrow


def make_model(family, arguments):
  import torch
  from algoperf.workloads.imagenet_resnet.imagenet_pytorch import models as resnet
  from algoperf.workloads.imagenet_vit.imagenet_pytorch import models as vit
  a = dict(arguments)
  if family == 'vit':
    return (gray_vit(vit) if a.pop('channels', 3) == 1 else vit.ViT)(**a)
  if family == 'resnet':
    a['block'] = getattr(resnet, a['block'])
    a.setdefault('num_classes', 1000)
    a['act_fnc'] = torch.nn.ReLU(inplace=True)
    width, channels = a.pop('inner_width', 64), a.pop('channels', 3)
    return (resnet.ResNet if width == 64 else narrow_resnet(resnet, channels, width))(**a)
  if family == 'lm':
    from algoperf.workloads.finewebedu_lm.finewebedu_lm_pytorch import models as lm
    return lm.Transformer(lm.ModelConfig(**a))
  model = builders[family](**a)
  if family == 'dlrm':
    # The class has the width of 27 features of 128 fixed; all else is its own code.
    features = a['num_sparse_features'] + 1
    model.top_mlp[0] = torch.nn.Linear(a['embed_dim'] + features * (features + 1) // 2,
                                       a['mlp_top_dims'][0])
  return model


def run(family, model, b, dropout):
  import torch
  if family == 'transformer':
    return model(b['inputs'], b['targets'], inputs_positions=b['inputs_position'],
                 targets_positions=b['targets_position'],
                 inputs_segmentation=b['inputs_segmentation'],
                 targets_segmentation=b['targets_segmentation'], dropout_rate=dropout)
  if family in ('conformer', 'deepspeech'):
    return model(b['inputs'], b['input_paddings'], dropout_rate=dropout)
  if family == 'gnn':
    from jraph import GraphsTuple
    return model(GraphsTuple(nodes=b['nodes'], edges=b['edges'], receivers=b['receivers'],
                             senders=b['senders'], globals=None, n_node=b['inputs'],
                             n_edge=b['n_edge']), dropout_rate=dropout)
  if family == 'unet':
    return model(b['inputs'].unsqueeze(1), dropout_rate=dropout).squeeze(1)
  return model(b['inputs'])


def mean_loss(family, b, output):
  import torch
  if family == 'transformer':
    _, summed, valid = recorder.translation(b['targets'])(b, output)
  elif family == 'lm':
    summed = (torch.nn.functional.cross_entropy(output.transpose(1, 2), b['targets'],
                                                reduction='none') * b['weights']).sum()
    valid = b['weights'].sum()
  else:
    losses = {'vit': recorder.classification, 'resnet': recorder.classification,
              'dlrm': recorder.clicks, 'unet': recorder.absolute_error,
              'gnn': recorder.molecules, 'conformer': recorder.speech,
              'deepspeech': recorder.speech}
    _, summed, valid = losses[family](b, output)
  return summed / valid


# --- the PyTorch half: a process of its own that answers as step_bench does


def serve(case, path, threads):
  import torch
  torch.manual_seed(0)
  torch.set_num_threads(threads)
  torch.set_num_interop_threads(1)
  batch = case.batch()
  model = make_model(case.family, case.arguments)
  model.eval()
  with torch.no_grad():
    run(case.family, model, batch, 0)  # some parameters have no shape before
    recipe = recorder.fill(model)
    loss = mean_loss(case.family, batch, run(case.family, model, batch, 0)).item()
  recorder.write_tensors(path.with_suffix('.safetensors'),
                         {'input/' + name: tensor for name, tensor in batch.items()})
  path.with_suffix('.json').write_text(json.dumps({
    'workload': case.workload, 'constructor': None if case.own_sizes else case.arguments,
    'dropout': case.dropout, 'weights_recipe': recipe, 'eval': {}, 'train': {}}))
  answer({'parameters': sum(p.numel() for p in model.parameters()), 'loss': loss})
  model.train()
  for line in sys.stdin:
    started, processor = time.perf_counter(), time.process_time()
    for _ in range(int(line)):
      model.zero_grad()
      output = run(case.family, model, batch, case.dropout)
      mean_loss(case.family, batch, output).backward()
    answer([time.perf_counter() - started, time.process_time() - processor])


def answer(value):
  print(json.dumps(value), flush=True)


# --- the rounds


class Side:
  """A process that answers a line with a line."""

  def __init__(self, command, clock):
    self.clock = clock  # 0: seconds, 1: processor time
    self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                    text=True)
    self.hello = self.read()

  def read(self):
    line = self.process.stdout.readline()
    if not line:
      raise SystemExit(f'{self.process.args[0]} ended early')
    return json.loads(line)

  def seconds(self, steps):
    self.process.stdin.write(f'{steps}\n')
    self.process.stdin.flush()
    return self.read()[self.clock]

  def end(self):
    self.process.stdin.close()
    self.process.wait()


def assert_same(name, ours, theirs):
  same = (ours['parameters'] == theirs['parameters']
          and abs(ours['loss'] - theirs['loss']) <= SAME_LOSS * abs(theirs['loss']))
  if not same:
    raise SystemExit(f'{name}: the two models differ: {ours} here, {theirs} in PyTorch')


def measure(name, arguments, threads):
  with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / 'case'
    theirs = Side([sys.executable, __file__, str(arguments.algoperf), '--serve', name, '--case',
                   str(path), '--threads', str(threads)], arguments.processor_time)
    ours = Side([str(arguments.step_bench), f'{path}.json', str(threads)],
                arguments.processor_time)
    assert_same(name, ours.hello, theirs.hello)
    sides = (ours, theirs)
    steps = []
    for side in sides:
      side.seconds(3)  # kernels chosen, memory had
      steps.append(max(1, round(arguments.seconds / (side.seconds(3) / 3))))
    rounds = []
    for i in range(arguments.rounds):
      times = [0.0, 0.0]
      for which in ((0, 1) if i % 2 else (1, 0)):
        times[which] = sides[which].seconds(steps[which]) / steps[which]
      rounds.append(times)
    for side in sides:
      side.end()
  return rounds


def report(name, threads, rounds):
  logs = [math.log(theirs / ours) for ours, theirs in rounds]
  error = statistics.stdev(logs) / math.sqrt(len(logs))
  ours, theirs = (1000 * statistics.median(side) for side in zip(*rounds))
  ratio = math.exp(statistics.fmean(logs))
  print(f'| {name} | {threads} | {ours:.2f} | {theirs:.2f} | {ratio:.3f} ± {ratio * error:.3f} '
        f'| {math.exp(min(logs)):.2f} to {math.exp(max(logs)):.2f} |', flush=True)
  return ratio


def parse():
  parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
  parser.add_argument('algoperf', type=pathlib.Path)
  parser.add_argument('step_bench', type=pathlib.Path, nargs='?', default='build/bench/step_bench')
  parser.add_argument('--only', action='append', help='cases whose name begins with this')
  parser.add_argument('--threads', type=int, action='append', help='default: 1 and 2')
  parser.add_argument('--rounds', type=int, default=9)
  parser.add_argument('--seconds', type=float, default=0.25, help='of one side in one round')
  parser.add_argument('--processor-time', action='store_true',
                      help='count this instead; for one thread on a machine with other work')
  parser.add_argument('--serve', help=argparse.SUPPRESS)
  parser.add_argument('--case', type=pathlib.Path, help=argparse.SUPPRESS)
  return parser.parse_args()


def load_recorder():
  path = HERE.parent.parent / 'scripts' / 'record-algoperf-cases.py'
  spec = importlib.util.spec_from_file_location('record_algoperf_cases', path)
  module = importlib.util.module_from_spec(spec)
  spec.loader.exec_module(module)
  return module


def main():
  arguments = parse()
  if arguments.serve:
    global recorder, builders
    recorder = load_recorder()
    builders = {}
    for _, base, _, _, case in recorder.import_models(arguments.algoperf):
      builders.setdefault(base.split('/')[0], case['build'])
    serve(CASES[arguments.serve], arguments.case, arguments.threads[0])
    return
  language_model = arguments.algoperf / 'algoperf/workloads/finewebedu_lm/finewebedu_lm_pytorch'
  ratios = {}
  print('| model | threads | ms here | ms PyTorch | PyTorch / here | rounds |\n|---|---|---|---|---|---|')
  for name, case in CASES.items():
    if arguments.only and not any(name.startswith(only) for only in arguments.only):
      continue
    if case.family == 'lm' and not language_model.exists():
      print(f'{name}: {language_model} is missing, left out', file=sys.stderr)
      continue
    for threads in arguments.threads or (1, 2):
      ratio = report(name, threads, measure(name, arguments, threads))
      ratios.setdefault(threads, []).append(ratio)
  for threads, found in ratios.items():
    print(f'geometric mean, {threads} threads, {len(found)} models: '
          f'{math.exp(statistics.fmean(map(math.log, found))):.3f}')


if __name__ == '__main__':
  main()
