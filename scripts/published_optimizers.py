"""Reference optimizers that are files of public repositories, or composed of such, for record-optimizer-cases.py.

The files of PUBLIC are in no package: the folder that the environment variable REFERENCES names must have them, each as
NAME.py. clippy_adagrad.py needs tensorflow (2.21) with tf_keras as well. A reference is started with the parameters and
asked for a step once their gradients are there; `outputs()` computes the network's outputs again, from `targets` and
`loss` what is minimised.
"""
import hashlib
import importlib.metadata
import importlib.util
import os
import pathlib
import sys

import numpy as np
import torch

# File: repository, path, commit, first digits of its SHA-256.
PUBLIC = {
  'adam_mini': ('zyushun/Adam-mini', 'adam_mini/adam_mini.py', '402aadfed23719f3b92c8e78b5d49ad499ff7ada', 'de375f64531e06b5'),
  'clippy_adagrad': ('tensorflow/recommenders', 'tensorflow_recommenders/experimental/optimizers/clippy_adagrad.py',
                     'cf1dafa988f223ed5f30b68cb9aed518484b3a1d', 'd963496e639e8cb6'),
  'soap': ('nikhilvyas/SOAP', 'soap.py', 'a1e553530fde97d0e6b307d7c82ac6d38b072340', '9e9021335ad02371'),
  'sophia': ('Liuhong99/Sophia', 'sophia.py', 'a7e157229b71d58cf995d32854f1be15c265b350', '6822bce9acfedd57'),
}


def public(name):
  """The module of that file, once it is known to be the published one."""
  os.environ['TF_USE_LEGACY_KERAS'] = '1'  # the interface of Keras that clippy_adagrad.py is written for
  path = pathlib.Path(os.environ['REFERENCES']) / f'{name}.py'
  digest = hashlib.sha256(path.read_bytes()).hexdigest()
  if not digest.startswith(PUBLIC[name][3]):
    sys.exit(f'{path}: not the file of {" ".join(PUBLIC[name][:3])}')
  spec = importlib.util.spec_from_file_location(name, path)
  module = importlib.util.module_from_spec(spec)
  spec.loader.exec_module(module)
  return module


def public_source(what, name):
  repository, path, commit, _ = PUBLIC[name]
  return f'{what} of {repository}, {path}, commit {commit[:12]}'


class Reference:
  def __init__(self, **arguments):
    self.arguments = arguments

  @staticmethod
  def loss(outputs, targets):
    return (outputs - targets).square().mean()

  def step(self):
    self.optimizer.step()

  def evaluated(self):
    return [p.detach().clone() for p in self.parameters]


class AdamMini(Reference):
  """The authors', which goes by names: one for each part that a parameter is cut into, first side first."""

  def __init__(self, names, **arguments):
    super().__init__(**arguments)
    self.names = names

  def start(self, parameters):
    self.parameters = parameters
    self.parts = [[part.detach().clone().requires_grad_() for part in p.detach().chunk(len(names))]
                  for p, names in zip(parameters, self.names)]
    named = [pair for names, parts in zip(self.names, self.parts) for pair in zip(names, parts)]
    self.optimizer = public('adam_mini').Adam_mini(named, verbose=False, **self.arguments)

  def step(self):
    for p, parts in zip(self.parameters, self.parts):
      for part, gradient in zip(parts, p.grad.chunk(len(parts))):
        part.grad = gradient.clone()
    super().step()
    for p, parts in zip(self.parameters, self.parts):
      p.data.copy_(torch.cat(parts).detach())

  def source(self):
    return public_source('Adam_mini', 'adam_mini')


class ClippyAdagrad(Reference):
  """The class in TensorFlow Recommenders; with `joined`, of all parameters as one variable."""

  def __init__(self, joined, **arguments):
    super().__init__(**arguments)
    self.joined = joined

  def lists(self, tensors):
    arrays = [t.detach().numpy() for t in tensors]
    return [np.concatenate([a.ravel() for a in arrays])] if self.joined else arrays

  def start(self, parameters):
    self.parameters = parameters
    self.optimizer = public('clippy_adagrad').ClippyAdagrad(**self.arguments)
    import tensorflow
    self.tensorflow = tensorflow
    self.variables = [tensorflow.Variable(array) for array in self.lists(parameters)]
    self.optimizer.build(self.variables)

  def step(self):
    gradients = [self.tensorflow.constant(g) for g in self.lists([p.grad for p in self.parameters])]
    self.optimizer.apply_gradients(zip(gradients, self.variables))
    values = torch.cat([torch.from_numpy(v.numpy().ravel()) for v in self.variables])
    for p, part in zip(self.parameters, values.split([p.numel() for p in self.parameters])):
      p.data.copy_(part.view_as(p))

  def source(self):
    import tensorflow
    text = public_source('ClippyAdagrad', 'clippy_adagrad') + f', tensorflow {tensorflow.__version__}'
    return text + (', all parameters as one variable' if self.joined else '')


class ClippyAdamW(Reference):
  """AdamW's step, taken from zero so that it is nothing but the step, shrunk by TensorFlow Recommenders' function."""

  def __init__(self, relative, absolute, weight_decay, **rest):
    super().__init__(weight_decay=0, **rest)
    self.relative, self.absolute = relative, absolute
    self.decay = 1 - rest['lr'] * weight_decay

  def start(self, parameters):
    self.weights = parameters
    self.shrink = public('clippy_adagrad').shrink_by_references
    self.parameters = [torch.zeros_like(p).requires_grad_() for p in parameters]
    self.optimizer = torch.optim.AdamW(self.parameters, **self.arguments)

  def step(self):
    for own, weight in zip(self.parameters, self.weights):
      own.data.zero_()
      own.grad = weight.grad
    super().step()
    for own, weight in zip(self.parameters, self.weights):
      shrunk, _ = self.shrink(own.detach().numpy(), [weight.detach().numpy()], [self.relative], self.absolute)
      weight.data.mul_(self.decay).add_(torch.from_numpy(shrunk.numpy()))

  def evaluated(self):
    return [p.detach().clone() for p in self.weights]

  def source(self):
    version = torch.__version__.split('+')[0]
    shrink = public_source('shrink_by_references', 'clippy_adagrad')
    return f'torch.optim.AdamW of torch {version}; its step through {shrink}'


def hook_seed(step):
  """derive_seed(20, "update", step) of include/timetrial/random.h: what `submission check` seeds an update with."""
  tag, mask = 0xCBF29CE484222325, 2**32 - 1
  for c in b'update':
    tag = (tag ^ c) * 0x100000001B3 % 2**64
  counter, key = [tag & mask, tag >> 32, step, 0], [20, 0]
  for _ in range(10):
    a, b = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
    counter = [(b >> 32) ^ counter[1] ^ key[0], b & mask, (a >> 32) ^ counter[3] ^ key[1], a & mask]
    key = [(key[0] + 0x9E3779B9) & mask, (key[1] + 0xBB67AE85) & mask]
  return counter[1] << 32 | counter[0]


class Soap(Reference):
  """The authors'. Sides of more than max_precond_dim keep their own axes: a side of 16 of a gradient of rank 6 or 4
  has a null space, in which LAPACK's choice of a basis decides, and differs from processor to processor."""

  def start(self, parameters):
    self.parameters = parameters
    self.optimizer = public('soap').SOAP(parameters, **self.arguments)

  def source(self):
    return public_source('SOAP', 'soap')


class Sophia(Reference):
  """pytorch_optimizer's SophiaH, given Hessian estimates by Hutchinson's rule with the probes of a check's updates. It
  bounds the quotient by p where the paper bounds quotient / rho by 1: the same with the rate and decay scaled."""

  def __init__(self, lr, rho, weight_decay, every, **rest):
    super().__init__(lr=lr / rho, p=rho, weight_decay=weight_decay * rho, eps=1e-15 / rho, **rest)
    self.every, self.count = every, 0

  def start(self, parameters):
    import pytorch_optimizer
    self.parameters = parameters
    self.optimizer = pytorch_optimizer.SophiaH(parameters, update_period=10**6, **self.arguments)

  def generator(self):
    return torch.Generator().manual_seed(hook_seed(self.count))

  def estimate(self):
    generator = self.generator()
    probes = [torch.randn(p.shape, generator=generator) for p in self.parameters]
    gradients = torch.autograd.grad(self.loss(self.outputs(), self.targets), self.parameters, create_graph=True)
    return [u * h for u, h in zip(probes, torch.autograd.grad(gradients, self.parameters, probes))]

  def step(self):
    self.optimizer.step(hessian=self.estimate() if self.count % self.every == 0 else None)
    self.count += 1

  def source(self):
    version = importlib.metadata.version('pytorch_optimizer')
    return (f'SophiaH of pytorch_optimizer {version}, given estimates u * Hu by torch.autograd '
            'with the normal probes u that the seeds of a check give')


class SophiaG(Sophia):
  """The authors', on classification: the target is the place of the largest number. Sampled labels as above."""

  def __init__(self, every, **arguments):
    Reference.__init__(self, **arguments)
    self.every, self.count = every, 0

  @staticmethod
  def loss(outputs, targets):
    return torch.nn.functional.cross_entropy(outputs, targets.argmax(1) if targets.dim() > 1 else targets)

  def start(self, parameters):
    self.parameters = parameters
    self.optimizer = public('sophia').SophiaG(parameters, **self.arguments)

  def labels(self, outputs):
    draws = torch.rand([len(outputs), 1], generator=self.generator())
    cumulated = torch.softmax(outputs.detach(), -1).cumsum(-1)
    return torch.searchsorted(cumulated, draws * cumulated[:, -1:], right=True).squeeze(1)

  def step(self):
    if self.count % self.every == 0:
      gradients = [p.grad for p in self.parameters]
      outputs = self.outputs()
      sampled = torch.autograd.grad(self.loss(outputs, self.labels(outputs)), self.parameters)
      for p, gradient in zip(self.parameters, sampled):
        p.grad = gradient
      self.optimizer.update_hessian()
      for p, gradient in zip(self.parameters, gradients):
        p.grad = gradient
    self.optimizer.step(bs=len(self.targets))
    self.count += 1

  def source(self):
    return public_source('SophiaG', 'sophia') + '; labels sampled by the seeds of a check; softmax cross-entropy'
