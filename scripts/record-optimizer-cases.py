#!/usr/bin/env python3
"""Records trajectories of reference optimizers for `timetrial submission check --fixture`.

Usage: record-optimizer-cases.py OUT [NAME]…

Needs Python with torch (2.11) and numpy, which nothing else of this project does. Writes
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

# name: (submission, the reference, its arguments, the submission's hyperparameters)
CASES = {
  'rmsprop': ('rmsprop', torch.optim.RMSprop, dict(lr=0.01, alpha=0.95, eps=1e-8, weight_decay=0.01),
              dict(learning_rate=0.01, alpha=0.95, epsilon=1e-8, weight_decay=0.01)),
  'rmsprop_momentum': ('rmsprop', torch.optim.RMSprop, dict(lr=0.003, alpha=0.9, eps=1e-6, momentum=0.8),
                       dict(learning_rate=0.003, alpha=0.9, epsilon=1e-6, momentum=0.8)),
}


def numbers(k, *shape):
  """Between -1 and 1, spread as a low-discrepancy sequence is: the same everywhere."""
  place = np.arange(1, np.prod(shape) + 1, dtype=np.float64)
  return torch.from_numpy((2 * np.modf(place * 0.6180339887498949 + k * 0.7548776662466927)[0] - 1)
                          .astype(np.float32).reshape(shape))


def record(reference, arguments):
  inputs, targets = numbers(1, STEPS, BATCH, INPUTS), numbers(2, STEPS, BATCH, OUTPUTS)
  w1, b1 = numbers(3, HIDDEN, INPUTS), numbers(4, HIDDEN) / 10
  w2, b2 = numbers(5, OUTPUTS, HIDDEN) / 2, numbers(6, OUTPUTS) / 10
  parameters = {'w1': w1, 'b1': b1, 'w2': w2, 'b2': b2}
  tensors = {'inputs': inputs, 'targets': targets}
  for name, tensor in parameters.items():
    tensors[f'init.{name}'] = tensor.clone()
    tensor.requires_grad_()
  optimizer = reference(list(parameters.values()), **arguments)
  history, losses = {name: [] for name in parameters}, []
  for x, y in zip(inputs, targets):
    optimizer.zero_grad()
    loss = (torch.tanh(x @ w1.t() + b1) @ w2.t() + b2 - y).square().mean()
    loss.backward()
    losses.append(loss.item())
    optimizer.step()
    for name, tensor in parameters.items():
      history[name].append(tensor.detach().clone())
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
    submission, reference, arguments, hyperparameters = CASES[name]
    tensors, losses = record(reference, arguments)
    write(folder / f'{name}.safetensors', tensors)
    (folder / f'{name}.json').write_text(json.dumps({
      'algorithm': submission, 'hyperparameters': hyperparameters,
      'reference': f'torch.optim.{reference.__name__} of torch {torch.__version__.split("+")[0]}',
      'steps': STEPS, 'losses': losses, 'relative_tolerance': 1e-5, 'schedule': 'constant'}, indent=1)
      + '\n')
    print(f'{name}: loss {losses[0]:.4f} to {losses[-1]:.4f}')


if __name__ == '__main__':
  main()
