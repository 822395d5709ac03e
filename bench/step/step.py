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
import json
import math
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import cases

SAME_LOSS = 2e-5  # relative; float32 sums in another order


# --- the PyTorch half: a process of its own that answers as step_bench does


def serve(case, path, threads):
  import torch
  torch.manual_seed(0)
  torch.set_num_threads(threads)
  torch.set_num_interop_threads(1)
  batch = case.batch()
  model = cases.make_model(case.family, case.arguments)
  model.eval()
  with torch.no_grad():
    cases.run(case.family, model, batch, 0)  # some parameters have no shape before
    recipe = cases.recorder.fill(model)
    loss = cases.mean_loss(case.family, batch, cases.run(case.family, model, batch, 0)).item()
  cases.recorder.write_tensors(path.with_suffix('.safetensors'),
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
      output = cases.run(case.family, model, batch, case.dropout)
      cases.mean_loss(case.family, batch, output).backward()
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


def main():
  arguments = parse()
  if arguments.serve:
    cases.import_models(arguments.algoperf)
    serve(cases.CASES[arguments.serve], arguments.case, arguments.threads[0])
    return
  language_model = arguments.algoperf / 'algoperf/workloads/finewebedu_lm/finewebedu_lm_pytorch'
  ratios = {}
  print('| model | threads | ms here | ms PyTorch | PyTorch / here | rounds |\n|---|---|---|---|---|---|')
  for name, case in cases.CASES.items():
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
