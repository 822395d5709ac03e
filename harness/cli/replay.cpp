// timetrial replay TRIAL: reruns a stored trial from its provenance and compares.
#include "harness/sweep/replay.h"

#include "harness/cli/command.h"
#include "harness/cli/own_store.h"
#include "harness/cli/run_options.h"
#include "harness/sweep/replay_comparison.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>

namespace timetrial::cli::replay_command {
namespace {

struct Options {
  std::string trial, into;
  std::optional<std::string> sweep, library, device;
  std::optional<std::int64_t> steps;
  std::optional<int> threads;
  std::optional<double> tolerance;
  RunFlags flags;
  bool anyway = false, deterministic = false, json = false;
};

struct Replay {
  sweep::RecordedTrial recorded;
  sweep::ReplayRequest request;
  std::vector<std::string> differences;  ///< of the environment
  std::vector<Evaluation> replayed;
  std::string ending;  ///< of the rerun
  sweep::ReplayComparison comparison;
};

Replay find(const Options& options) {
  const auto store = store::Store::open(store_path(options.flags), store::Store::Mode::read_only);
  Replay replay;
  replay.recorded = sweep::find_recorded_trial(store, options.trial, options.sweep);
  auto& machinery = replay.request.machinery;
  machinery = sweep::machinery_of(replay.recorded.attempts.back());
  if (options.device) machinery.device = *options.device;
  if (options.threads) machinery.threads = *options.threads;
  if (machinery.threads < 1) throw InputError("--threads: expected at least 1");
  replay.request.library = options.library;
  replay.request.deterministic = options.deterministic;
  replay.request.steps = options.steps;
  return replay;
}

/// As many as the rerun was asked for.
std::vector<Evaluation> compared_with(const Replay& replay) {
  std::vector<Evaluation> evaluations;
  for (const auto& evaluation : replay.recorded.evaluations) {
    if (replay.request.steps && evaluation.step > *replay.request.steps) break;
    evaluations.push_back(evaluation);
  }
  return evaluations;
}

/// False if it was interrupted.
bool rerun(Program& program, const Options& options, const sweep::Surroundings& now,
           Replay& replay) {
  const auto plan = sweep::replay_plan(replay.recorded, now, replay.request);
  const OwnStore own(options.into);
  const OwnRun run{now.data_dir, replay.request.machinery.device, replay.request.machinery.threads,
                   options.flags.progress};
  const ExitCode code = run_in(own, program, plan, run);
  if (code != ExitCode::done && code != ExitCode::some_trials_failed) {
    program.exit_code = code;
    return false;
  }
  const auto store = store::Store::open(own.file(), store::Store::Mode::read_only);
  const auto row = store.trial(plan.trials.front().id);
  replay.replayed = store.evaluations(plan.trials.front().id);
  replay.ending = fmt::format("{}{}{}", to_string(row->outcome->kind),
                              row->outcome->reason.empty() ? "" : ": ", row->outcome->reason);
  replay.comparison = sweep::compare_replay(compared_with(replay), replay.replayed,
                                            "validation/" + replay.recorded.workload.metric,
                                            options.tolerance.value_or(0));
  return true;
}

/// Submission time per step, in milliseconds, recorded and replayed; nothing if no step is common.
std::optional<std::pair<double, double>> step_times_ms(const Replay& replay) {
  if (replay.comparison.evaluations.empty()) return std::nullopt;
  const auto last = replay.comparison.evaluations.size() - 1;
  const auto& recorded = replay.recorded.evaluations[last];
  if (recorded.step == 0 || recorded.submission_time_s == 0) return std::nullopt;
  const double milliseconds = 1000 / static_cast<double>(recorded.step);
  return std::pair{recorded.submission_time_s * milliseconds,
                   replay.replayed[last].submission_time_s * milliseconds};
}

std::string verdict_line(const Replay& replay) {
  const auto& comparison = replay.comparison;
  std::string text;
  switch (comparison.verdict) {
    case sweep::ReplayVerdict::identical:
      text = fmt::format("identical: {} evaluations to step {}, parameters and metrics to the bit",
                         comparison.evaluations.size(), comparison.evaluations.back().step);
      break;
    case sweep::ReplayVerdict::same_curve:
      text = fmt::format("same curve within {:.3g} of {}: from step {} on {}",
                         comparison.largest_difference, replay.recorded.workload.metric,
                         *comparison.differs_at, comparison.difference);
      break;
    case sweep::ReplayVerdict::different:
      text = fmt::format("different at step {}: {}", *comparison.differs_at, comparison.difference);
      break;
  }
  if (!replay.differences.empty()) {
    text += fmt::format("; run although {} things of the environment differ",
                        replay.differences.size());
  }
  return text;
}

void print_text(const Replay& replay) {
  const auto& trial = replay.recorded.row.trial;
  const auto& metric = replay.recorded.workload.metric;
  fmt::print("{} ({}), {}, {} threads\n", to_string(trial.key), trial.id.substr(0, 12),
             replay.request.machinery.device, replay.request.machinery.threads);
  fmt::print("{:>10}  {:<10}  {:>14}  {:>14}\n", "step", "parameters", metric + " then",
             metric + " now");
  for (const auto& evaluation : replay.comparison.evaluations) {
    fmt::print("{:>10}  {:<10}  {:>14.8g}  {:>14.8g}\n", evaluation.step,
               evaluation.same_parameters ? "same" : "other", evaluation.recorded,
               evaluation.replayed);
  }
  if (replay.recorded.undone > 0) {
    fmt::print("left out: {} evaluations that the trial went back behind when it was resumed\n",
               replay.recorded.undone);
  }
  fmt::print("the rerun ended: {}\n", replay.ending);
  if (const auto times = step_times_ms(replay)) {
    fmt::print("time per step: {:.3g} ms then, {:.3g} ms now ({:.2f} x)\n", times->first,
               times->second, times->second / times->first);
  }
  fmt::print("{}\n", verdict_line(replay));
}

void print_json(const Replay& replay) {
  nlohmann::json evaluations = nlohmann::json::array();
  for (const auto& evaluation : replay.comparison.evaluations) {
    evaluations.push_back({{"step", evaluation.step},
                           {"same_parameters", evaluation.same_parameters},
                           {"recorded", evaluation.recorded},
                           {"replayed", evaluation.replayed},
                           {"differing_metrics", evaluation.differing_metrics}});
  }
  const auto& comparison = replay.comparison;
  nlohmann::json json{{"schema", "timetrial.replay/1"},
                      {"trial", replay.recorded.row.trial.id},
                      {"metric", "validation/" + replay.recorded.workload.metric},
                      {"verdict", to_string(comparison.verdict)},
                      {"detail", verdict_line(replay)},
                      {"largest_difference", comparison.largest_difference},
                      {"differs_at", nullptr},
                      {"environment_differences", replay.differences},
                      {"ending", replay.ending},
                      {"left_out", replay.recorded.undone},
                      {"evaluations", evaluations}};
  if (comparison.differs_at) json["differs_at"] = *comparison.differs_at;
  if (const auto times = step_times_ms(replay)) {
    json["step_time_ms"] = {{"recorded", times->first}, {"replayed", times->second}};
  }
  fmt::print("{}\n", json.dump(2));
}

void print_refusal(const Options& options, const Replay& replay) {
  if (options.json) {
    fmt::print("{}\n", nlohmann::json{{"schema", "timetrial.replay/1"},
                                      {"trial", replay.recorded.row.trial.id},
                                      {"verdict", "refused"},
                                      {"environment_differences", replay.differences}}
                           .dump(2));
  }
  for (const auto& line : replay.differences) fmt::print(stderr, "{}\n", line);
}

void replay(Program& program, const Options& options) {
  Replay replay = find(options);
  const auto now = surroundings(program, options.flags);
  replay.differences = sweep::environment_differences(replay.recorded, now, replay.request);
  if (!replay.differences.empty() && !options.anyway) {
    print_refusal(options, replay);
    throw InputError(
        fmt::format("{}: not rerun, since {} things differ from its record (above); "
                    "restore them, or give --anyway",
                    to_string(replay.recorded.row.trial.key), replay.differences.size()));
  }
  for (const auto& line : replay.differences) fmt::print(stderr, "{}\n", line);
  if (!rerun(program, options, now, replay)) return;
  options.json ? print_json(replay) : print_text(replay);
  const bool passed =
      replay.comparison.verdict == sweep::ReplayVerdict::identical ||
      (options.tolerance && replay.comparison.verdict == sweep::ReplayVerdict::same_curve);
  program.exit_code = passed ? ExitCode::done : ExitCode::check_failed;
}

void add_options(CommandLine command, Options& options) {
  command
      .add_option("trial", options.trial,
                  "Id, its beginning, or submission/workload[/study[/trial]]")
      .required();
  command.add_option("--sweep", options.sweep, "Look in this sweep only").group("Selection");
  command.add_option("--steps", options.steps, "Compare no further than this step")
      .group("Selection");
  command.add_option("--library", options.library, "Where the submission lies now")
      .group("Selection");
  command.add_option("--device", options.device, "Default: as recorded").group("Common");
  command.add_option("--threads", options.threads, "Default: as recorded").group("Common");
  command.add_option("--store", options.flags.store, "The database (TIMETRIAL_STORE)")
      .group("Common");
  command.add_option("--data", options.flags.data, "Prepared data (TIMETRIAL_DATA)")
      .group("Common");
  command.add_flag("--anyway", options.anyway, "Rerun although the environment differs")
      .group("Rules");
  command
      .add_option("--tolerance", options.tolerance,
                  "Pass when the target's metric differs by no more, though bits do")
      .group("Rules");
  command
      .add_flag("--deterministic", options.deterministic,
                "Deterministic algorithms, slower on a GPU; the time per step is reported")
      .group("Rules");
  command.add_option("--into", options.into, "Keep the rerun in this store").group("Output");
  command.add_option("--progress", options.flags.progress, "auto, bar, plain or none")
      .show_default()
      .group("Output");
  command.add_flag("--json", options.json, "One JSON object").group("Output");
}

void add(CommandLine app, Program& program) {
  auto options = std::make_shared<Options>();
  auto command = app.add_subcommand("replay", "Rerun a stored trial, and compare bit for bit");
  add_options(command, *options);
  command.callback([&program, options] { replay(program, *options); });
  command.footer(
      "Exit code: 0 identical, 4 different, 2 refused since the environment differs.\n\n"
      "Examples:\n"
      "  timetrial replay lion/fashion_mnist_vit/0/1\n"
      "  timetrial replay 3fa92c --steps 500 --json");
}

const bool registered = add_command({"replay", Group::results, add});

}  // namespace
}  // namespace timetrial::cli::replay_command
