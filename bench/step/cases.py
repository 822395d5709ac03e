"""What step.py measures: AlgoPerf's models in PyTorch, the batches they get, and their losses.

Call import_models once before anything else: it loads scripts/record-algoperf-cases.py, which knows
how AlgoPerf's models are made and filled.
"""
import dataclasses
import importlib.util
import pathlib

recorder = None  # the module of scripts/record-algoperf-cases.py
builders = {}  # by family


def import_models(algoperf):
  global recorder
  path = pathlib.Path(__file__).resolve().parents[2] / 'scripts' / 'record-algoperf-cases.py'
  spec = importlib.util.spec_from_file_location('record_algoperf_cases', path)
  recorder = importlib.util.module_from_spec(spec)
  spec.loader.exec_module(recorder)
  for _, base, _, _, case in recorder.import_models(algoperf):
    builders.setdefault(base.split('/')[0], case['build'])


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
