#!/usr/bin/env python3
"""Records trajectories of reference optimizers for `timetrial submission check --trajectory`.

Usage: record-optimizer-cases.py OUT [NAME]…

Needs Python with torch (2.11), numpy, pytorch_optimizer, prodigyopt and schedulefree, which nothing else of this project does. Writes
OUT/NAME.safetensors and OUT/NAME.json: 20 steps on the network of tests/submissions/fixtures, with
numbers that are functions of their place, so that recording again gives the same files. Two references come from
checkouts of public repositories, found by PYTHONPATH, one at a time because they share module names:

    shampoo, shampoo_adagrad, shampoo_rmsprop    facebookresearch/optimizers at 06da10bdc734
    shampoo_nadam                                mlcommons/submissions_algorithms at 12c8e4ea93dc, the folder optimizers of
                                                 previous_leaderboards/algoperf_v06/submissions/external_tuning/shampoo,
                                                 its distributed_shampoo, and a folder in which it is
                                                 submissions_algorithms/leaderboard/external_tuning/
                                                 shampoo_submission/optimizers, as its imports say

    loss = mean over 32 examples and 4 outputs of (tanh(x w1^T + b1) w2^T + b2 - y)^2

What published_optimizers.py has also needs the files that it lists, in the folder $REFERENCES.
"""
import importlib
import importlib.metadata
import json
import pathlib
import struct
import sys

import numpy as np
import torch

from published_optimizers import AdamMini, ClippyAdagrad, ClippyAdamW, Soap, Sophia, SophiaG

STEPS, BATCH, INPUTS, HIDDEN, OUTPUTS = 20, 32, 6, 16, 4


class Plain:
  """An optimizer of torch.optim."""

  def __init__(self, name, **arguments):
    self.name, self.arguments = name, arguments

  @staticmethod
  def loss(outputs, targets):
    return (outputs - targets).square().mean()

  def start(self, parameters):
    self.parameters = parameters
    self.optimizer = getattr(torch.optim, self.name)(parameters, **self.arguments)

  def step(self):
    self.optimizer.step()

  def evaluated(self):
    return [p.detach().clone() for p in self.parameters]

  def source(self):
    return f'torch.optim.{self.name} of torch {torch.__version__.split("+")[0]}'


class Clipped(Plain):
  """Matrices' gradients clipped first, by pytorch_optimizer's agc."""

  def __init__(self, clip, epsilon, **rest):
    super().__init__(**rest)
    self.clip, self.epsilon = clip, epsilon

  def step(self):
    from pytorch_optimizer.optimizer.agc import agc
    for p in self.parameters:
      if p.dim() > 1:
        p.grad = agc(p.detach(), p.grad, self.epsilon, self.clip)
    super().step()

  def source(self):
    return 'agc of pytorch_optimizer on matrices, then ' + super().source()


class LengthOfWeights(Plain):
  """The optimizer's step, taken from zero at a rate of 1 so that it is nothing but the step, scaled to the length of the
  weights as LAMB scales Adam's."""

  def __init__(self, lr, **rest):
    super().__init__(lr=1.0, **rest)
    self.lr = lr

  def start(self, parameters):
    self.weights = parameters
    super().start([torch.zeros_like(p).requires_grad_() for p in parameters])

  def step(self):
    for own, weight in zip(self.parameters, self.weights):
      own.data.zero_()
      own.grad = weight.grad
    super().step()
    for own, weight in zip(self.parameters, self.weights):
      weight.data.add_(own.detach(), alpha=(self.lr * weight.detach().norm() / own.detach().norm()).item())

  def evaluated(self):
    return [p.detach().clone() for p in self.weights]

  def source(self):
    return super().source() + ', each tensor\'s step scaled to the length of its weights'


class ShortGradients(Plain):
  """All gradients together clipped first, by torch.nn.utils.clip_grad_norm_."""

  def __init__(self, largest, **rest):
    super().__init__(**rest)
    self.largest = largest

  def step(self):
    torch.nn.utils.clip_grad_norm_(self.parameters, self.largest)
    super().step()

  def source(self):
    return 'torch.nn.utils.clip_grad_norm_, then ' + super().source()


class Packaged(Plain):
  """An optimizer of a package of PyPI."""

  def __init__(self, package, name, **arguments):
    super().__init__(name, **arguments)
    self.package = package

  def start(self, parameters):
    self.parameters = parameters
    self.optimizer = getattr(importlib.import_module(self.package), self.name)(parameters, **self.arguments)

  def source(self):
    return f'{self.package}.{self.name} of {self.package} {importlib.metadata.version(self.package)}'


class Muon(Plain):
  """torch.optim.Muon of matrices, AdamW of vectors. Its products in bfloat16 differ from processor to processor."""
  tolerance = 0.02

  def __init__(self, adam, **arguments):
    super().__init__('Muon', **arguments)
    self.adam = adam

  def start(self, parameters):
    super().start([p for p in parameters if p.dim() == 2])
    self.vectors = torch.optim.AdamW([p for p in parameters if p.dim() != 2], **self.adam)
    self.parameters = parameters

  def step(self):
    super().step()
    self.vectors.step()

  def source(self):
    return f'{super().source()} on matrices, AdamW on vectors'


class ScheduleFree(Packaged):
  """Trained at one point and evaluated at another."""

  def step(self):
    super().step()
    self.optimizer.eval()
    self.average = super().evaluated()
    self.optimizer.train()

  def start(self, parameters):
    super().start(parameters)
    self.optimizer.train()

  def evaluated(self):
    return self.average


class Averaged(Plain):
  """Evaluated at the mean of the latest copies, of which there are at most `length`."""

  def __init__(self, length, every, **rest):
    super().__init__(**rest)
    self.length, self.every, self.count, self.copies = length, every, 0, []

  def step(self):
    super().step()
    self.count += 1
    if self.count % self.every == 0:
      self.copies = (self.copies + [super().evaluated()])[-self.length:]

  def evaluated(self):
    if len(self.copies) < 2:
      return super().evaluated()
    return [torch.stack(each).mean(0) for each in zip(*self.copies)]

  def source(self):
    return f'{super().source()}, mean of {self.length} copies, one every {self.every} steps'


class Shampoo(Plain):
  """DistributedShampoo of facebookresearch/optimizers; `grafting` names one of its classes."""

  def __init__(self, grafting, grafting_arguments, inverse_exponent=None, **arguments):
    super().__init__('DistributedShampoo', **arguments)
    self.grafting, self.grafting_arguments, self.inverse_exponent = grafting, grafting_arguments, inverse_exponent

  def start(self, parameters):
    from distributed_shampoo import distributed_shampoo, shampoo_types
    self.parameters = parameters
    overrides = {} if self.inverse_exponent is None else {
      order: {side: self.inverse_exponent for side in range(order)} for order in (1, 2)}
    self.optimizer = distributed_shampoo.DistributedShampoo(
      parameters, grafting_config=getattr(shampoo_types, self.grafting)(**self.grafting_arguments),
      preconditioner_config=shampoo_types.ShampooPreconditionerConfig(inverse_exponent_override=overrides),
      **self.arguments)

  def source(self):
    return 'DistributedShampoo of facebookresearch/optimizers, commit 06da10bdc734'


class CompetitionShampoo(Shampoo):
  """The copy of it that AlgoPerf's competition entry carries, which wants a process group."""

  def start(self, parameters):
    import distributed_shampoo
    import shampoo_types
    torch.distributed.init_process_group('gloo', store=torch.distributed.HashStore(), rank=0, world_size=1)
    self.parameters = parameters
    self.optimizer = distributed_shampoo.DistributedShampoo(
      parameters, grafting_config=getattr(shampoo_types, self.grafting)(**self.grafting_arguments),
      **self.arguments)

  def source(self):
    return ('DistributedShampoo of the entry shampoo (AlgoPerf v0.6), mlcommons/submissions_algorithms, '
            'commit 12c8e4ea93dc')


# name: (submission, how, the submission's hyperparameters)
CASES = {
  'adam_mini': ('adam_mini', AdamMini([['mlp.weight'], ['mlp.bias'], ['output.weight'], ['output.bias']],
                                      lr=0.02, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.1),
                dict(learning_rate=0.02, beta1=0.9, beta2=0.99, epsilon=1e-8, weight_decay=0.1)),
  # w1 as keys of two heads of 4 rows, then values; w2 as a norm's scale, which is one block.
  'adam_mini_heads': ('adam_mini', AdamMini([['wk', 'wv'], ['wk.bias'], ['norm'], ['norm.bias']], lr=0.02,
                                            betas=(0.9, 0.99), eps=1e-8, weight_decay=0.1, dim=12, n_heads=6),
                      dict(learning_rate=0.02, beta1=0.9, beta2=0.99, epsilon=1e-8, weight_decay=0.1, head_size=4)),
  'agc': ('agc', Clipped(name='SGD', clip=0.05, epsilon=1e-3, lr=0.1, momentum=0.9, nesterov=True),
          dict(learning_rate=0.1, momentum=0.9, clip=0.05, clip_epsilon=1e-3)),
  'agc_adagrad': ('agc_adagrad', Clipped(name='Adagrad', clip=0.05, epsilon=1e-3, lr=0.2, initial_accumulator_value=0.1),
                  dict(learning_rate=0.2, clip=0.05, clip_epsilon=1e-3, initial_accumulator=0.1)),
  'lamb_adagrad': ('lamb_adagrad', LengthOfWeights(name='Adagrad', lr=0.05, initial_accumulator_value=0.1),
                   dict(learning_rate=0.05, initial_accumulator=0.1)),
  'adamw_grad_clip': ('adamw', ShortGradients(name='AdamW', largest=0.3, lr=0.02, betas=(0.5, 0.9), weight_decay=0.1),
                      dict(learning_rate=0.02, beta1=0.5, beta2=0.9, weight_decay=0.1, grad_clip=0.3)),
  'clippy_adagrad_global': (
      'clippy_adagrad', ClippyAdagrad(joined=True, learning_rate=0.5, variable_relative_threshold=0.5,
                                      absolute_threshold=0.01, epsilon=1e-7),
      dict(learning_rate=0.5, lambda_rel=0.5, lambda_abs=0.01, epsilon=1e-7, published_form=1, scope=1)),
  'clippy_adagrad_published': (
      'clippy_adagrad', ClippyAdagrad(joined=False, learning_rate=0.5, variable_relative_threshold=0.1,
                                      accumulator_relative_threshold=0.01, absolute_threshold=0.01, epsilon=1e-3,
                                      clip_accumulator_update=True),
      dict(learning_rate=0.5, lambda_rel=0.1, lambda_acc=0.01, lambda_abs=0.01, epsilon=1e-3, published_form=1,
           clip_accumulator=1)),
  'clippy_adamw': ('clippy_adamw', ClippyAdamW(relative=0.2, absolute=0.005, lr=0.05, betas=(0.9, 0.99), weight_decay=0.1),
                   dict(learning_rate=0.05, beta1=0.9, beta2=0.99, weight_decay=0.1, lambda_rel=0.2, lambda_abs=0.005)),
  'lawa': ('lawa', Averaged(name='AdamW', length=3, every=2, lr=0.02, betas=(0.9, 0.99), weight_decay=0.1),
           dict(learning_rate=0.02, beta1=0.9, beta2=0.99, weight_decay=0.1, length=3, every_factor=0.1)),
  'muon_matched': ('muon', Muon(lr=0.1, momentum=0.9, weight_decay=0.1, nesterov=False, adjust_lr_fn='match_rms_adamw',
                                adam=dict(lr=0.01, betas=(0.9, 0.99), weight_decay=0.05)),
                   dict(learning_rate=0.1, momentum=0.9, weight_decay=0.1, nesterov=0, match_rms_adamw=1,
                        adam_learning_rate=0.01, adam_weight_decay=0.05, beta1=0.9, beta2=0.99)),
  'prodigy_corrected': ('prodigy', Packaged('prodigyopt', 'Prodigy', lr=0.5, betas=(0.8, 0.95), weight_decay=0.1, d0=1e-3,
                                            d_coef=2.0, use_bias_correction=True, safeguard_warmup=True),
                        dict(learning_rate=0.5, beta1=0.8, beta2=0.95, weight_decay=0.1, d0=1e-3, d_coef=2,
                             use_bias_correction=1, safeguard_warmup=1)),
  'rmsprop': ('rmsprop', Plain('RMSprop', lr=0.01, alpha=0.95, eps=1e-8, weight_decay=0.01),
              dict(learning_rate=0.01, alpha=0.95, epsilon=1e-8, weight_decay=0.01)),
  'rmsprop_momentum': ('rmsprop', Plain('RMSprop', lr=0.003, alpha=0.9, eps=1e-6, momentum=0.8),
                       dict(learning_rate=0.003, alpha=0.9, epsilon=1e-6, momentum=0.8)),
  'schedule_free_weighted': ('schedule_free_adamw', ScheduleFree(
    'schedulefree', 'AdamWScheduleFree', lr=0.03, betas=(0.8, 0.95), weight_decay=0.1, warmup_steps=8, r=0.75,
    weight_lr_power=1.0),
    dict(learning_rate=0.03, beta1=0.8, beta2=0.95, weight_decay=0.1, warmup_steps=8, r=0.75, weight_lr_power=1)),
  'shampoo': ('shampoo', Shampoo(
    'AdamGraftingConfig', dict(beta2=0.95, epsilon=1e-8), lr=0.02, betas=(0.9, 0.95), epsilon=1e-5,
    weight_decay=0.1, max_preconditioner_dim=5, precondition_frequency=2, start_preconditioning_step=4),
    dict(learning_rate=0.02, beta1=0.9, beta2=0.95, epsilon=1e-5, weight_decay=0.1, max_preconditioner_dim=5,
         precondition_frequency=2, start_preconditioning_step=4, nadam=0)),
  'shampoo_adagrad': ('shampoo', Shampoo(
    'AdaGradGraftingConfig', dict(epsilon=1e-8), inverse_exponent=0.5, lr=0.003, betas=(0.9, 1.0), epsilon=1e-3,
    momentum=0.8, max_preconditioner_dim=8, precondition_frequency=5, start_preconditioning_step=10),
    dict(learning_rate=0.003, beta1=0.9, beta2=1, epsilon=1e-3, momentum=0.8, nesterov=0, nadam=0, grafting=2,
         max_preconditioner_dim=8, precondition_frequency=5, start_preconditioning_step=10, inv_root_override=2)),
  'shampoo_rmsprop': ('shampoo', Shampoo(
    'RMSpropGraftingConfig', dict(beta2=0.9, epsilon=1e-6), lr=0.01, betas=(0.0, 0.95), epsilon=1e-3,
    max_preconditioner_dim=64, precondition_frequency=4),
    dict(learning_rate=0.01, beta1=0, beta2=0.95, epsilon=1e-3, grafting=3, grafting_beta2=0.9, grafting_epsilon=1e-6,
         max_preconditioner_dim=64, precondition_frequency=4)),
  'shampoo_nadam': ('shampoo', CompetitionShampoo(
    'SGDGraftingConfig', dict(), lr=0.1, betas=(0.8, 0.9), epsilon=1e-6, momentum=0.5, weight_decay=0.05,
    max_preconditioner_dim=6, precondition_frequency=5, use_nadam=True, use_nesterov=True, use_merge_dims=True),
    dict(learning_rate=0.1, beta1=0.8, beta2=0.9, epsilon=1e-6, momentum=0.5, dampening=0.5, weight_decay=0.05, grafting=1,
         max_preconditioner_dim=6, precondition_frequency=5)),
  'soap': ('soap', Soap(lr=0.01, betas=(0.95, 0.95), eps=1e-8, weight_decay=0.01, precondition_frequency=5,
                        max_precond_dim=8),
           dict(learning_rate=0.01, beta1=0.95, beta2=0.95, epsilon=1e-8, weight_decay=0.01, precondition_frequency=5,
                max_precondition_dim=8)),
  'sophia': ('sophia', Sophia(lr=0.05, rho=0.5, betas=(0.9, 0.8), weight_decay=0.1, every=3),
             dict(learning_rate=0.05, rho=0.5, beta1=0.9, beta2=0.8, weight_decay=0.1, hessian_every=3)),
  'sophia_labels': ('sophia', SophiaG(lr=0.05, rho=0.5, betas=(0.9, 0.8), weight_decay=0.1, every=3),
                    dict(learning_rate=0.05, rho=0.5, beta1=0.9, beta2=0.8, weight_decay=0.1, hessian_every=3)),
}


def numbers(k, *shape):
  """Between -1 and 1, spread as a low-discrepancy sequence is: the same everywhere."""
  place = np.arange(1, np.prod(shape) + 1, dtype=np.float64)
  return torch.from_numpy((2 * np.modf(place * 0.6180339887498949 + k * 0.7548776662466927)[0] - 1)
                          .astype(np.float32).reshape(shape))


def record(reference):
  inputs, targets = numbers(1, STEPS, BATCH, INPUTS), numbers(2, STEPS, BATCH, OUTPUTS)
  w1, b1 = numbers(3, HIDDEN, INPUTS), numbers(4, HIDDEN) / 10
  w2, b2 = numbers(5, OUTPUTS, HIDDEN) / 2, numbers(6, OUTPUTS) / 10
  parameters = {'w1': w1, 'b1': b1, 'w2': w2, 'b2': b2}
  tensors = {'inputs': inputs, 'targets': targets}
  for name, tensor in parameters.items():
    tensors[f'init.{name}'] = tensor.clone()
    tensor.requires_grad_()
  reference.start(list(parameters.values()))
  history, losses = {name: [] for name in parameters}, []
  for x, y in zip(inputs, targets):
    for tensor in parameters.values():
      tensor.grad = None
    reference.outputs = lambda: torch.tanh(x @ w1.t() + b1) @ w2.t() + b2
    reference.targets = y
    loss = reference.loss(reference.outputs(), y)
    loss.backward()
    losses.append(loss.item())
    reference.step()
    for name, tensor in zip(parameters, reference.evaluated()):
      history[name].append(tensor)
  for name, steps in history.items():
    tensors[f'expected.{name}'] = torch.stack(steps)
  return tensors, losses


def write(path, tensors):
  header, blobs, at = {}, [], 0
  for name in sorted(tensors):
    array = np.ascontiguousarray(tensors[name].numpy())
    header[name] = {'dtype': 'F32', 'shape': list(array.shape),
                    'data_offsets': [at, at + array.nbytes]}
    at += array.nbytes
    blobs.append(array.tobytes())
  text = json.dumps(header).encode()
  text += b' ' * (-len(text) % 8)
  path.write_bytes(struct.pack('<Q', len(text)) + text + b''.join(blobs))


def main():
  if len(sys.argv) < 2 or any(name not in CASES for name in sys.argv[2:]):
    sys.exit(__doc__)
  folder = pathlib.Path(sys.argv[1])
  torch.set_num_threads(1)
  for name in sys.argv[2:] or CASES:
    submission, reference, hyperparameters = CASES[name]
    tensors, losses = record(reference)
    write(folder / f'{name}.safetensors', tensors)
    (folder / f'{name}.json').write_text(json.dumps({
      'algorithm': submission, 'hyperparameters': hyperparameters,
      'reference': reference.source(),
      'steps': STEPS, 'losses': losses, 'relative_tolerance': getattr(reference, 'tolerance', 1e-5), 'schedule': 'constant'}, indent=1)
      + '\n')
    print(f'{name}: loss {losses[0]:.4f} to {losses[-1]:.4f}')


if __name__ == '__main__':
  main()
