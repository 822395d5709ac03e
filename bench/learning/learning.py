#!/usr/bin/env python3
"""Trains the small workloads with every submission, and writes what became of it as tables.

Usage: learning.py [WORKLOAD]… [--submission NAME]… [--out DIR] [--build DIR] [--store FILE] [--data DIR] [--tables]
  WORKLOAD      of rule set mini-1; default: all of them
  --submission  NAME, may be repeated: only these; the rows of others stay as they are
  --out         where WORKLOAD.csv, WORKLOAD-share.csv and TABLES.md go (default: results/learning)
  --build       default: build
  --store       the database of the trials; default: OUT/learning.db, which git ignores
  --data        prepared data (default: TIMETRIAL_DATA)
  --tables      run nothing, only write TABLES.md anew from the CSV files that are there

One study of three trials for each submission with a search space, one trial for each that tunes
itself, up to the workload's step hint, where the schedules of learning rates end, or its budget.
Submissions that combine the tasks of another one's training are left out: here is but one task.
Then share_bench measures what of a training step is the optimizer's. Interrupted, the same command
goes on where it was. Wants the machine to itself: on two cores a workload takes 10 to 80 minutes.
"""
import argparse
import csv
import io
import os
import pathlib
import subprocess
import tomllib

HERE = pathlib.Path(__file__).resolve()
SOURCE = HERE.parents[2]
RULES = tomllib.loads((SOURCE / 'harness/rulesets/mini-1.toml').read_text())
WORKLOADS = {entry['name']: entry for entry in RULES['workloads']}
TRIALS = 3
# A submission with a BASE is a method of multi-task learning around another one.
SUBMISSIONS = sorted(file.parent.name for file in (SOURCE / 'submissions').glob('*/CMakeLists.txt')
                     if ' BASE ' not in file.read_text())
ALLOWED = (0, 3)  # 3: some trials failed; they are rows too

QUERY = """
  SELECT t.submission, t.trial, t.point_json AS point, t.status, t.reason, t.final_step AS steps,
         round(t.final_time_s, 2) AS time_s, round(g.time_to_target_s, 2) AS time_to_target_s,
         round(g.best_validation, 4) AS best_validation,
         (SELECT max(e.peak_memory_bytes) / 1000000 FROM attempt_end e JOIN attempt a ON a.id = e.attempt_id
          WHERE a.trial_id = t.trial_id) AS peak_memory_mb,
         s.versions_json ->> 'commit' AS built_from,
         (s.hardware_json ->> 'cpu_model') || ' with ' || (s.versions_json ->> 'cpu_capability') AS machine
  FROM v_trials t JOIN v_time_to_target g USING (trial_id, sweep) JOIN sweep s ON s.name = t.sweep
  WHERE t.workload = '{0}' GROUP BY t.trial_id ORDER BY t.submission, t.trial"""
SHARE = ['workload', 'submission', 'step_ms', 'gradient_ms', 'optimizer_share', 'state_bytes_per_parameter']


def read(text):
  return list(csv.DictReader(io.StringIO(text)))


def run(command, **options):
  result = subprocess.run(list(map(str, command)), **options)
  if result.returncode not in ALLOWED:
    raise SystemExit(f'{" ".join(map(str, command))}: exit code {result.returncode}')
  return result.stdout


def renew(path, rows):
  """Puts `rows` in the place of what the file has of the same submissions."""
  renewed = {row['submission'] for row in rows}
  kept = [row for row in read(path.read_text()) if row['submission'] not in renewed] if path.exists() else []
  text = io.StringIO()
  lines = csv.DictWriter(text, list(rows[0]), lineterminator='\n')
  lines.writeheader()
  lines.writerows(sorted(kept + rows, key=lambda row: row['submission']))
  path.write_text(text.getvalue())


def train(timetrial, arguments, workload):
  part = '-'.join(['', *arguments.submission]) if arguments.submission else ''
  common = ['-w', workload, '--studies', 1, '--max-steps', WORKLOADS[workload]['step_hint'], '--store',
            arguments.store, '--data', arguments.data, '--progress', 'plain']
  for tuning in ('external', 'self'):
    names = [name for name in arguments.submission or SUBMISSIONS if name.endswith('_self') == (tuning == 'self')]
    if not names:
      continue
    trials = ['--trials', TRIALS] if tuning == 'external' else []
    run([timetrial, 'sweep', 'start', f'{workload}-{tuning}{part}', '--tuning', tuning, *trials, *common,
         *(word for name in names for word in ('-s', name))])
  rows = run([timetrial, 'store', 'query', '--store', arguments.store, '--csv', '--sql', QUERY.format(workload)],
             stdout=subprocess.PIPE, text=True)
  renew(arguments.out / f'{workload}.csv', read(rows))


def measure_shares(arguments, workload):
  names = arguments.submission or SUBMISSIONS
  libraries = [arguments.build / 'submissions' / f'{name}.so' for name in names]
  text = run([arguments.build / 'bench/share_bench', os.cpu_count(), workload, arguments.data, *libraries],
             stdout=subprocess.PIPE, text=True)
  machines = {trial['submission']: trial['machine'] for trial in read((arguments.out / f'{workload}.csv').read_text())}
  rows = list(csv.DictReader(io.StringIO(text), fieldnames=SHARE))
  for row in rows:
    row['machine'] = machines[row['submission']]  # its trials have just run, on this one
  renew(arguments.out / f'{workload}-share.csv', rows)


# --- the tables


def best(trials, higher):
  """The first at the target; else the best value."""
  reached = [t for t in trials if t['time_to_target_s']]
  if reached:
    return min(reached, key=lambda t: float(t['time_to_target_s']))
  valued = [t for t in trials if t['best_validation']] or trials
  return (max if higher else min)(valued, key=lambda t: float(t['best_validation'] or 0))


def row(name, trials, share, higher):
  reached = sum(1 for t in trials if t['time_to_target_s'])
  chosen = best(trials, higher)
  others = sorted({t['status'] for t in trials} - {'target_reached', 'completed', 'budget_spent'})
  target = f'{chosen["steps"]} | {float(chosen["time_to_target_s"]):.1f}' if reached else '– | –'
  value = f'{float(chosen["best_validation"]):.4f}' if chosen['best_validation'] else '–'
  elsewhere = '*' if share['machine'] != chosen['machine'] else ''
  memory = max((float(t['peak_memory_mb']) for t in trials if t['peak_memory_mb']), default=0)
  return (reached > 0, float(chosen['time_to_target_s'] or 'inf'), chosen, (
    f'| {name} | {reached}/{len(trials)} | {target} | {value} | '
    f'{100 * float(share["optimizer_share"]):.0f} % | {float(share["step_ms"]):.1f}{elsewhere} | '
    f'{float(share["state_bytes_per_parameter"]):.1f} | {memory:.0f} | {", ".join(others)} |'))


def origins(trials):
  """Which builds and machines the trials are of, in words."""
  found = {}
  for trial in trials:
    found.setdefault((trial['built_from'] or 'not recorded', trial['machine']), set()).add(trial['submission'])
  if len(found) == 1:
    (commit, machine), = found
    return f'Commit {commit}, {machine}.'
  return '; '.join(f'{", ".join(sorted(names))}: commit {commit}, {machine}' if len(names) < 6 else
                   f'{len(names)} submissions: commit {commit}, {machine}'
                   for (commit, machine), names in sorted(found.items(), key=lambda item: -len(item[1]))) + '.'


def table(out, workload):
  facts = WORKLOADS[workload]
  higher = facts['higher_is_better']
  trials, shares = (read((out / f'{workload}{end}.csv').read_text()) for end in ('', '-share'))
  shares = {s['submission']: s for s in shares}
  rows = [row(name, [t for t in trials if t['submission'] == name], shares[name], higher)
          for name in sorted({t['submission'] for t in trials})]
  value = lambda r: float(r[2]['best_validation'] or 0) * (-1 if higher else 1)
  rows.sort(key=lambda r: (not r[0], r[1], value(r)))
  sign = '≥' if higher else '≤'
  return '\n'.join([
    f'## {workload}', '',
    f'Target: {facts["metric"]} {sign} {facts["validation_target"]}, within {facts["step_hint"]} steps and '
    f'{facts["budget_s"]} s. {origins(trials)}', '',
    '| submission | trials at the target | steps | s | best value | optimizer | ms a step | bytes | MB | |',
    '|---|---|---|---|---|---|---|---|---|---|', *(r[3] for r in rows), ''])


def write_tables(out):
  names = [name for name in WORKLOADS if (out / f'{name}.csv').exists()]
  head = [
    '# What every submission does on the small workloads', '',
    'Made by `bench/learning/learning.py`; what to make of it: [README.md](README.md). Steps and seconds (submission time) are those of the',
    'earliest trial at the target; *best value* is the best validation value of that trial, or of the best one if none reached it.',
    '*Optimizer* is the share of a training step beyond one forward pass and its gradient, *ms a step* a whole step, *bytes* what is kept',
    'for each parameter, *MB* the most memory that a worker had. An asterisk: measured on another machine than the trials, so that only',
    'the share beside it compares. The last column names trials that neither reached the target nor came to their end.', '']
  (out / 'TABLES.md').write_text('\n'.join(head + [table(out, name) for name in names]))


def main():
  parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
  parser.add_argument('workloads', nargs='*', metavar='WORKLOAD')
  parser.add_argument('--submission', action='append', choices=SUBMISSIONS, metavar='NAME')
  parser.add_argument('--out', type=pathlib.Path, default=SOURCE / 'results/learning')
  parser.add_argument('--build', type=pathlib.Path, default=SOURCE / 'build')
  parser.add_argument('--store', type=pathlib.Path)
  parser.add_argument('--data', type=pathlib.Path, default=os.environ.get('TIMETRIAL_DATA'))
  parser.add_argument('--tables', action='store_true')
  arguments = parser.parse_args()
  unknown = [name for name in arguments.workloads if name not in WORKLOADS]
  if unknown:
    parser.error(f'{unknown[0]} is no workload of mini-1; use {", ".join(WORKLOADS)}')
  if not arguments.tables:
    if arguments.data is None:
      parser.error('--data is missing, and TIMETRIAL_DATA is not set')
    arguments.out.mkdir(parents=True, exist_ok=True)
    arguments.store = arguments.store or arguments.out / 'learning.db'
    for workload in arguments.workloads or WORKLOADS:
      train(arguments.build / 'bin/timetrial', arguments, workload)
      measure_shares(arguments, workload)
      write_tables(arguments.out)
  write_tables(arguments.out)


if __name__ == '__main__':
  main()
