// timetrial stability SUBMISSION -w WORKLOAD: the largest learning rate that does not diverge.
#include "harness/cli/command.h"
#include "harness/cli/metric_limit.h"
#include "harness/cli/own_store.h"
#include "harness/cli/run_options.h"
#include "harness/cli/stability_report.h"
#include "harness/cli/tuning_point.h"
#include "scoring/sweep_divergence.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace timetrial::cli::stability_command {
namespace {

constexpr std::size_t kDigitsOfId = 8;

struct Options {
  sweep::Request request;
  sweep::RateRange range;
  RunFlags flags;
  std::string submission, workload, into;
  std::vector<std::string> point;
  scoring::LimitChoice limit{.usual = false, .value = {}};
  int seeds = 3, evaluations = 4;
  bool json = false;
};

std::int64_t steps_of(const Options& options) {
  const auto steps = options.request.max_steps.value_or(
      rulesets::load(options.request.rule_set).at(options.workload).step_hint);
  const auto fewest = scoring::fewest_losses({});
  if (steps < fewest) {
    throw InputError(fmt::format(
        "--steps {}: expected at least {}, from which on divergence can be told", steps, fewest));
  }
  return steps;
}

sweep::Request request_of(const Options& options) {
  sweep::Request request = options.request;
  request.submissions = {options.submission};
  request.workloads = {options.workload};
  request.studies = options.seeds;
  request.record_losses = true;
  request.evaluate_at = sweep::spread_steps(steps_of(options), options.evaluations);
  request.max_steps.reset();  // the last evaluation ends a trial
  request.point = parse_point("--point", options.point);
  if (request.point->count(kSearchedRate) != 0) {
    throw InputError("--point learning_rate: it is what is searched for; give --low and --high");
  }
  return request;
}

sweep::Plan plan_of(sweep::Request request, const sweep::Surroundings& here, double rate) {
  (*request.point)[kSearchedRate] = rate;
  request.name = "stability";
  auto plan = sweep::make_plan(request, here);
  if (plan.submissions.size() != 1 || plan.workloads.size() != 1) {
    throw InputError(fmt::format("'{}' on '{}': name one submission and one workload",
                                 request.submissions.front(), request.workloads.front()));
  }
  // The same search of the same store finds its trials again, another one adds its own.
  plan.sweep.name = fmt::format("stability {} {} {}={:g} {}", plan.submissions.front().name,
                                plan.workloads.front().name, kSearchedRate, rate,
                                plan.trials.front().id.substr(0, kDigitsOfId));
  return plan;
}

/// Throws InputError for a trial that tells nothing.
void require_verdict(const scoring::TrialDivergence& trial) {
  if (trial.divergence.kind != scoring::DivergenceKind::unknown) return;
  throw InputError(fmt::format(
      "{}: {} training losses in the store, expected at least {}; does the submission compute its "
      "loss with Training::loss in every step?",
      to_string(trial.key), trial.divergence.losses, scoring::fewest_losses({})));
}

/// What the store says of the trials at one rate.
TriedRate read_rate(const OwnStore& own, const Options& options, const sweep::Plan& plan,
                    double rate) {
  const auto store = store::Store::open(own.file(), store::Store::Mode::read_only);
  const auto sweeps = store.sweeps();
  const auto sweep = std::find_if(sweeps.begin(), sweeps.end(),
                                  [&](const store::Sweep& s) { return s.name == plan.sweep.name; });
  TriedRate tried{rate, true, scoring::find_divergences(store, *sweep, options.limit).trials};
  for (const auto& seed : tried.seeds) {
    require_verdict(seed);
    if (seed.divergence.kind == scoring::DivergenceKind::full) tried.stable = false;
  }
  return tried;
}

/// Says which trial failed, since its rate has no verdict.
void explain_failure(const OwnStore& own, const sweep::Plan& plan) {
  const auto store = store::Store::open(own.file(), store::Store::Mode::read_only);
  for (const auto& planned : plan.trials) {
    const auto row = store.trial(planned.id);
    if (!row->outcome || is_regular(row->outcome->kind)) continue;
    fmt::print(stderr, "{} at {} {}: {}: {}; a rate with a failed trial has no verdict\n",
               to_string(planned.key), kSearchedRate, planned.point.at(kSearchedRate),
               to_string(row->outcome->kind), row->outcome->reason);
  }
}

void stability(Program& program, const Options& options) {
  if (options.seeds < 1) throw InputError("--seeds: expected at least 1");
  if (options.evaluations < 1) throw InputError("--evaluations: expected at least 1");
  sweep::RateSearch search(options.range);
  const auto request = request_of(options);
  const auto here = surroundings(program, options.flags);
  const OwnStore own(options.into);
  const OwnRun run{here.data_dir, options.flags.device, std::max(1, options.flags.threads),
                   options.flags.progress};
  RateFinding finding;
  finding.seeds = options.seeds;
  finding.steps = request.evaluate_at.back();
  finding.point = *request.point;
  finding.range = options.range;
  while (const auto rate = search.next()) {
    const auto plan = plan_of(request, here, *rate);
    if (finding.tried.empty()) {
      finding.submission = plan.submissions.front().name;
      finding.workload = plan.workloads.front().name;
      if (!options.json) print_terms(finding);
    }
    const auto code = run_in(own, program, plan, run);
    if (code != ExitCode::done) {
      if (code == ExitCode::some_trials_failed) explain_failure(own, plan);
      program.exit_code = code;
      return;
    }
    finding.tried.push_back(read_rate(own, options, plan, *rate));
    search.add(*rate, finding.tried.back().stable);
    if (!options.json) print_rate(finding.tried.back());
  }
  finding.answer = search.answer();
  if (options.json) {
    fmt::print("{}\n", to_json(finding).dump(2));
  } else {
    print_answer(finding);
  }
}

void add_search_options(CommandLine command, const std::shared_ptr<Options>& options) {
  command.add_option("--low", options->range.low, "The lowest rate").show_default().group("Search");
  command.add_option("--high", options->range.high, "The highest rate")
      .show_default()
      .group("Search");
  command
      .add_option("--resolution", options->range.resolution,
                  "Stop when the unstable rate is at most this much times the stable one")
      .show_default()
      .group("Search");
  command.add_option("--seeds", options->seeds, "Trainings at each rate")
      .show_default()
      .group("Search");
  command
      .add_option("--steps", options->request.max_steps,
                  "Of a training (default: the workload's step hint)")
      .group("Search");
  command.add_option("-p,--point", options->point, "name=number, repeatable: other hyperparameters")
      .group("Search");
  command
      .add_option("--evaluations", options->evaluations,
                  "Of a training, evenly spread: parameters that are not finite end it there")
      .show_default()
      .group("Search");
  add_metric_limit(command, options->limit,
                   "A training whose last validation metric is worse has diverged: a number, or "
                   "none (the default, since low rates learn little in few steps)");
}

void add(CommandLine app, Program& program) {
  auto options = std::make_shared<Options>();
  options->flags.threads = 1;
  auto command =
      app.add_subcommand("stability", "The largest learning rate at which training is stable");
  command.add_option("submission", options->submission, "Name, or a path to a .so").required();
  command.add_option("-w,--workload", options->workload, "Name").required();
  add_search_options(command, options);
  command.add_option("--ruleset", options->request.rule_set, "A rule set's name, or a .toml file")
      .show_default()
      .group("Rules");
  command.add_option("--seed", options->request.seed, "All randomness derives from it")
      .show_default()
      .group("Rules");
  command.add_option("--into", options->into, "Keep the trials in this store").group("Output");
  command.add_option("--data", options->flags.data, "Prepared data (TIMETRIAL_DATA)")
      .group("Common");
  command.add_option("--device", options->flags.device, "cpu or cuda:N")
      .show_default()
      .group("Common");
  command.add_option("--threads", options->flags.threads, "Threads of a trial")
      .show_default()
      .group("Common");
  command.add_option("--progress", options->flags.progress, "auto, bar, plain or none")
      .show_default()
      .group("Output");
  command.add_flag("--json", options->json, "One JSON object").group("Output");
  command.callback([&program, options] { stability(program, *options); });
  command.footer(
      "Trains at one rate after the other, with recorded losses. A rate is stable when no seed\n"
      "diverges fully (timetrial divergence --help). Doubles outwards from the middle of the "
      "range,\n"
      "then bisects; with --into, a search that was interrupted goes on where it was.\n\n"
      "Example:\n"
      "  timetrial stability clippy_adagrad -w movielens_dlrm --steps 500 --into rates.db");
}

const bool registered = add_command({"stability", Group::results, add});

}  // namespace
}  // namespace timetrial::cli::stability_command
