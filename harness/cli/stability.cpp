// timetrial stability SUBMISSION -w WORKLOAD: the largest learning rate that does not diverge.
#include "harness/cli/command.h"
#include "harness/cli/metric_limit.h"
#include "harness/cli/own_store.h"
#include "harness/cli/run_options.h"
#include "harness/cli/tuning_point.h"
#include "harness/sweep/rate_search.h"
#include "scoring/sweep_divergence.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace timetrial::cli {
namespace {

constexpr const char* kRate = "learning_rate";
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

/// What became of the seeds of one rate.
struct TriedRate {
  double rate = 0;
  bool stable = true;
  std::vector<scoring::TrialDivergence> seeds;
};

struct Finding {
  std::string submission, workload;
  std::int64_t steps = 0;
  std::vector<TriedRate> tried;  ///< in the order in which they were
  sweep::StableRate answer;
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
  if (request.point->count(kRate) != 0) {
    throw InputError("--point learning_rate: it is what is searched for; give --low and --high");
  }
  return request;
}

sweep::Plan plan_of(sweep::Request request, const sweep::Surroundings& here, double rate) {
  (*request.point)[kRate] = rate;
  request.name = "stability";
  auto plan = sweep::make_plan(request, here);
  if (plan.submissions.size() != 1 || plan.workloads.size() != 1) {
    throw InputError(fmt::format("'{}' on '{}': name one submission and one workload",
                                 request.submissions.front(), request.workloads.front()));
  }
  // The same search of the same store finds its trials again, another one adds its own.
  plan.sweep.name = fmt::format("stability {} {} {}={:g} {}", plan.submissions.front().name,
                                plan.workloads.front().name, kRate, rate,
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

std::string describe(const scoring::TrialDivergence& seed) {
  const auto& found = seed.divergence;
  std::string text = to_string(found.kind);
  if (found.sign != scoring::DivergenceSign::none) text += fmt::format(" at {}", found.step);
  if (found.stride > 1) text += fmt::format(" (losses are means of {} steps)", found.stride);
  return text;
}

void print_rate(const TriedRate& tried) {
  std::string seeds;
  for (const auto& seed : tried.seeds) seeds += (seeds.empty() ? "" : ", ") + describe(seed);
  fmt::print("  {} {:<8g} {:<8}  {}\n", kRate, tried.rate, tried.stable ? "stable" : "unstable",
             seeds);
  std::fflush(stdout);
}

void print_answer(const Finding& finding) {
  const auto& answer = finding.answer;
  switch (answer.answer) {
    case sweep::RateAnswer::bracketed:
      fmt::print("max_stable_lr {:g}; {:g} is unstable\n", *answer.stable, *answer.unstable);
      break;
    case sweep::RateAnswer::all_stable:
      fmt::print("the whole range is stable: max_stable_lr is at least {:g}\n", *answer.stable);
      break;
    case sweep::RateAnswer::all_unstable:
      fmt::print("the whole range is unstable: max_stable_lr is below {:g}\n", *answer.unstable);
      break;
  }
  for (const double rate : answer.stable_above) {
    fmt::print("not monotone: {:g} is stable, above the unstable {:g}\n", rate, *answer.unstable);
  }
}

nlohmann::ordered_json to_json(const TriedRate& tried) {
  auto seeds = nlohmann::ordered_json::array();
  for (const auto& seed : tried.seeds) {
    const auto& found = seed.divergence;
    nlohmann::ordered_json json{{"divergence", to_string(found.kind)},
                                {"sign", to_string(found.sign)},
                                {"step", nullptr},
                                {"excursions", found.excursions},
                                {"losses", found.losses},
                                {"stride", found.stride}};
    if (found.sign != scoring::DivergenceSign::none) json["step"] = found.step;
    seeds.push_back(json);
  }
  return {{kRate, tried.rate}, {"stable", tried.stable}, {"seeds", seeds}};
}

nlohmann::ordered_json to_json(const Finding& finding, const Options& options) {
  const auto number = [](const std::optional<double>& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
  };
  auto rates = nlohmann::ordered_json::array();
  for (const auto& tried : finding.tried) rates.push_back(to_json(tried));
  return {{"schema", "timetrial.stability/1"},
          {"submission", finding.submission},
          {"workload", finding.workload},
          {"steps", finding.steps},
          {"seeds", options.seeds},
          {"point", parse_point("--point", options.point)},
          {"low", options.range.low},
          {"high", options.range.high},
          {"resolution", options.range.resolution},
          {"rates", rates},
          {"answer", to_string(finding.answer.answer)},
          {"max_stable_lr", number(finding.answer.stable)},
          {"lowest_unstable_lr", number(finding.answer.unstable)},
          {"stable_above", finding.answer.stable_above}};
}

/// Says which trial failed, since its rate has no verdict.
void explain_failure(const OwnStore& own, const sweep::Plan& plan) {
  const auto store = store::Store::open(own.file(), store::Store::Mode::read_only);
  for (const auto& planned : plan.trials) {
    const auto row = store.trial(planned.id);
    if (!row->outcome || is_regular(row->outcome->kind)) continue;
    fmt::print(stderr, "{} at {} {}: {}: {}; a rate with a failed trial has no verdict\n",
               to_string(planned.key), kRate, planned.point.at(kRate),
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
  Finding finding;
  finding.steps = request.evaluate_at.back();
  while (const auto rate = search.next()) {
    const auto plan = plan_of(request, here, *rate);
    if (finding.tried.empty()) {
      finding.submission = plan.submissions.front().name;
      finding.workload = plan.workloads.front().name;
      if (!options.json) {
        fmt::print("{} on {}: {} steps, {} seeds, {} from {:g} to {:g}\n", finding.submission,
                   finding.workload, finding.steps, options.seeds, kRate, options.range.low,
                   options.range.high);
      }
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
    fmt::print("{}\n", to_json(finding, options).dump(2));
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
}  // namespace timetrial::cli
