#!/usr/bin/env python3
"""Records trajectories of reference optimizers for `timetrial submission check --fixture`.

Usage: record-optimizer-cases.py OUT [NAME]…

Needs Python with torch (2.11), numpy and pytorch_optimizer, which nothing else of this project does. Writes
OUT/NAME.safetensors and OUT/NAME.json: 20 steps on the network of tests/submissions/fixtures, with
numbers that are functions of their place, so that recording again gives the same files.

    loss = mean over 32 examples and 4 outputs of (tanh(x w1^T + b1) w2^T + b2 - y)^2
"""
import json
import pathlib
import struct
import sys

import numpy as np
import torch

STEPS, BATCH, INPUTS, HIDDEN, OUTPUTS = 20, 32, 6, 16, 4


class Plain:
  """An optimizer of torch.optim."""

  def __init__(self, name, **arguments):
    self.name, self.arguments = name, arguments

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


# name: (submission, how, the submission's hyperparameters)
CASES = {
  'agc': ('agc', Clipped(name='SGD', clip=0.05, epsilon=1e-3, lr=0.1, momentum=0.9, nesterov=True),
          dict(learning_rate=0.1, momentum=0.9, clip=0.05, clip_epsilon=1e-3)),
  'lawa': ('lawa', Averaged(name='AdamW', length=3, every=2, lr=0.02, betas=(0.9, 0.99), weight_decay=0.1),
           dict(learning_rate=0.02, beta1=0.9, beta2=0.99, weight_decay=0.1, length=3, every_factor=0.1)),
  'rmsprop': ('rmsprop', Plain('RMSprop', lr=0.01, alpha=0.95, eps=1e-8, weight_decay=0.01),
              dict(learning_rate=0.01, alpha=0.95, epsilon=1e-8, weight_decay=0.01)),
  'rmsprop_momentum': ('rmsprop', Plain('RMSprop', lr=0.003, alpha=0.9, eps=1e-6, momentum=0.8),
                       dict(learning_rate=0.003, alpha=0.9, epsilon=1e-6, momentum=0.8)),
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
    loss = (torch.tanh(x @ w1.t() + b1) @ w2.t() + b2 - y).square().mean()
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
      'steps': STEPS, 'losses': losses, 'relative_tolerance': 1e-5, 'schedule': 'constant'}, indent=1)
      + '\n')
    print(f'{name}: loss {losses[0]:.4f} to {losses[-1]:.4f}')


if __name__ == '__main__':
  main()
