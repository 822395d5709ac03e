#!/usr/bin/env python3
"""Update rules here against torch.optim with foreach and fused, and against STREAM's triad.

Usage: optimizers.py [OPTIMIZER_BENCH] [--shapes SHAPES]… [--rule RULE]… [--threads N]
                     [--processes N] [--rounds N] [--large-pages]
  OPTIMIZER_BENCH  build/bench/optimizer_bench
  SHAPES           one of vit_s16, transformer_big, dlrm, movielens_dlrm

Needs Python with the torch wheel of the LibTorch in use. Each side is a process with its own
weights, gradients and states, the same numbers everywhere. Before anything is timed the mean
absolute weight after three updates must be the same. Then the sides take turns, in another order
every round, at least 0.2 s each. Where the kernel puts a process's pages makes a tenth or two of
its speed, and rounds of one process do not show that: so all of it happens --processes times anew,
with --rounds each. torch.optim's time is that of optimizer.step(), as a training loop in Python
calls it; ours that of the update function over the same lists.

Prints GB/s (what the rule must read and write, 4 bytes each, by the median round), as a share of
triad's, and the time of torch.optim divided by ours: the geometric mean, and its standard error
over processes.
"""
import argparse
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve()
SAME = 1e-5  # relative, of the mean absolute weight
DECAY = dict(lr=1e-3, weight_decay=0.01)

# Streams read and written, and torch.optim's class where it has the rule.
RULES = {
  'adamw': (7, 'AdamW', DECAY),
  'nadamw': (7, None, None),
  'lamb': (10, None, None),
  'lion': (5, None, None),
  'momentum': (5, 'SGD', dict(momentum=0.9, **DECAY)),
  'nesterov': (5, 'SGD', dict(momentum=0.9, nesterov=True, **DECAY)),
  'adagrad': (5, 'Adagrad', DECAY),
  'rmsprop': (5, 'RMSprop', DECAY),
  'schedule_free_adamw': (7, None, None),
  'clippy_adagrad': (8, None, None),
  'clippy_adamw': (10, None, None),
  'sophia': (6, None, None),
  'adafactor': (8, None, None),
  'prodigy': (13, None, None),
}
FUSED = {'AdamW', 'SGD', 'Adagrad'}


def vit_s16():
  """ViT-S/16 on 224 x 224 images: 22 million numbers."""
  width, mlp = 384, 1536
  block = [(width,)] * 4 + [(3 * width, width), (3 * width,), (width, width), (width,),
                            (mlp, width), (mlp,), (width, mlp), (width,)]
  return [(width, 3, 16, 16), (width,), (1, 196, width)] + block * 12 + [(width,), (width,),
                                                                        (1000, width), (1000,)]


def transformer_big():
  """The big model of Vaswani et al. 2017 with 32,000 shared pieces: 209 million numbers."""
  width, mlp = 1024, 4096
  attention = [(width, width), (width,)] * 4 + [(width,), (width,)]
  feed_forward = [(mlp, width), (mlp,), (width, mlp), (width,), (width,), (width,)]
  return [(32000, width)] + (attention + feed_forward) * 6 + (attention * 2 + feed_forward) * 6


def mlp(*widths):
  return [shape for a, b in zip(widths, widths[1:]) for shape in ((b, a), (b,))]


def dlrm():
  """AlgoPerf's DLRM, its table cut to 200,000 rows: 28 million numbers."""
  return [(200_000, 128)] + mlp(13, 512, 256, 128) + mlp(506, 1024, 1024, 512, 256, 1)


def movielens_dlrm():
  """The small DLRM, where every tensor fits in a cache."""
  return [(4096, 16)] + mlp(11, 64, 32, 16) + mlp(94, 128, 64, 1)


SHAPES = {f.__name__: f for f in (vit_s16, transformer_big, dlrm, movielens_dlrm)}


# --- the half in PyTorch: a process of its own that answers as optimizer_bench does


def serve(threads, rule, way, file):
  import torch
  torch.set_num_threads(threads)

  def numbers(shape, start):
    place = torch.arange(start, start + math.prod(shape))
    return ((place * 7919 % 10007).float() / 5003.5 - 1).reshape(shape)

  weights = []
  for i, line in enumerate(pathlib.Path(file).read_text().splitlines()):
    shape = [int(size) for size in line.split()]
    weights.append(numbers(shape, i).requires_grad_())
    weights[-1].grad = numbers(shape, 17 * i + 5).mul_(0.1)
  _, name, arguments = RULES[rule]
  optimizer = getattr(torch.optim, name)(weights, **arguments, **{way: True})
  for _ in range(3):
    optimizer.step()
  total = sum(w.detach().abs().sum(dtype=torch.float64).item() for w in weights)
  print(total / sum(w.numel() for w in weights), flush=True)
  for line in sys.stdin:
    started = time.perf_counter()
    for _ in range(int(line)):
      optimizer.step()
    print(time.perf_counter() - started, flush=True)


# --- the rounds


class Side:
  def __init__(self, *command, **environment):
    self.process = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE, text=True,
                                    env={**os.environ, **environment})
    self.answer = self.read()
    self.updates = 1
    self.seconds()  # memory had
    self.updates = max(1, round(0.2 / self.seconds()))

  def read(self):
    line = self.process.stdout.readline()
    if not line:
      raise SystemExit(f'{self.process.args[0]} ended early')
    return float(line)

  def seconds(self):
    """Of one update."""
    self.process.stdin.write(f'{self.updates}\n')
    self.process.stdin.flush()
    return self.read() / self.updates

  def end(self):
    self.process.stdin.close()
    self.process.wait()


def measure(arguments, shapes, rule):
  """Seconds of an update by side, a list over the rounds of one process each."""
  with tempfile.TemporaryDirectory() as folder:
    lists, one = pathlib.Path(folder, 'lists'), pathlib.Path(folder, 'one')
    lists.write_text(''.join(' '.join(map(str, shape)) + '\n' for shape in shapes))
    one.write_text(f'{sum(map(math.prod, shapes))}\n')
    bench, threads = arguments.optimizer_bench, arguments.threads
    sides = {'here': Side(bench, threads, rule, lists), 'triad': Side(bench, threads, 'triad', one)}
    if arguments.large_pages:
      sides['large'] = Side(bench, threads, rule, lists, THP_MEM_ALLOC_ENABLE='1')
    name = RULES[rule][1]
    for way in ('foreach', 'fused') if name in FUSED else ('foreach',) if name else ():
      sides[way] = Side(sys.executable, HERE, '--serve', way, '--rule', rule, '--threads', threads,
                        lists)
      if abs(sides[way].answer - sides['here'].answer) > SAME * sides['here'].answer:
        raise SystemExit(f'{rule}: {sides["here"].answer} here, {sides[way].answer} with {way}')
    times = {side: [] for side in sides}
    for i in range(arguments.rounds):
      for side in list(sides)[:: 1 if i % 2 else -1]:
        times[side].append(sides[side].seconds())
    for side in sides.values():
      side.end()
  return times


def ratio(processes, way):
  logs = [statistics.fmean(math.log(t / o) for t, o in zip(times[way], times['here']))
          for times in processes]
  mean = math.exp(statistics.fmean(logs))
  return f'{mean:.2f} ± {mean * statistics.stdev(logs) / math.sqrt(len(logs)):.2f}'


def report(name, rule, threads, shapes, processes):
  numbers = sum(map(math.prod, shapes))
  seconds = {side: statistics.median(time for times in processes for time in times[side])
             for side in ('here', 'triad')}
  here, triad = (4e-9 * streams * numbers / seconds[side]
                 for streams, side in ((RULES[rule][0], 'here'), (3, 'triad')))
  against = [ratio(processes, way) if way in processes[0] else '–'
             for way in ('foreach', 'fused', 'large')]
  print(f'| {name} | {rule} | {threads} | {1000 * seconds["here"]:.3g} | {here:.1f} '
        f'| {100 * here / triad:.0f} % | {" | ".join(against)} |', flush=True)


def main():
  parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
  parser.add_argument('optimizer_bench', nargs='?', default='build/bench/optimizer_bench')
  parser.add_argument('--shapes', action='append', choices=SHAPES)
  parser.add_argument('--rule', action='append', choices=RULES)
  parser.add_argument('--threads', type=int, default=2)
  parser.add_argument('--processes', type=int, default=7, help='of each side; at least 2')
  parser.add_argument('--rounds', type=int, default=3, help='of each process')
  parser.add_argument('--large-pages', action='store_true', help='our side once more, asking for pages of 2 MiB')
  parser.add_argument('--serve', help=argparse.SUPPRESS)
  arguments = parser.parse_args()
  if arguments.serve:
    serve(arguments.threads, arguments.rule[0], arguments.serve, arguments.optimizer_bench)
    return
  if arguments.processes < 2 or arguments.rounds < 1:
    parser.error('--processes must be at least 2, --rounds at least 1')
  print('| shapes | rule | threads | ms | GB/s | of triad | foreach / here | fused / here | large pages / here |\n'
        '|---|---|---|---|---|---|---|---|---|')
  for name in arguments.shapes or SHAPES:
    for rule in arguments.rule or RULES:
      shapes = SHAPES[name]()
      processes = [measure(arguments, shapes, rule) for _ in range(arguments.processes)]
      report(name, rule, arguments.threads, shapes, processes)


if __name__ == '__main__':
  main()
