// timetrial blind SUBMISSION -w WORKLOAD: whether its result depends on names and order.
#include "harness/cli/command.h"
#include "harness/cli/own_store.h"
#include "harness/cli/run_options.h"
#include "harness/sweep/blind_comparison.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace timetrial::cli::blind_command {
namespace {

struct Options {
  sweep::Request request;
  RunFlags flags;
  std::string submission, into;
  int evaluations = 10;
  bool json = false;
};

struct Plans {
  sweep::Plan plain, blind;
};

struct Finding {
  std::string submission, workload, metric;
  std::int64_t steps = 0;
  sweep::BlindComparison comparison;
};

Plans make_plans(const Options& options, const sweep::Surroundings& here,
                 const std::string& workload) {
  sweep::Request request = options.request;
  request.submissions = {options.submission};
  request.workloads = {workload};
  request.studies = request.studies.value_or(5);
  request.trials = request.trials.value_or(1);
  const std::int64_t steps =
      request.max_steps.value_or(rulesets::load(request.rule_set).at(workload).step_hint);
  request.evaluate_at = sweep::spread_steps(steps, options.evaluations);
  Plans plans;
  request.name = "plain, " + workload;
  plans.plain = sweep::make_plan(request, here);
  request.name = "blind, " + workload;
  request.blind = true;
  plans.blind = sweep::make_plan(request, here);
  if (plans.plain.submissions.size() != 1 || plans.plain.workloads.size() != 1) {
    throw InputError("'" + options.submission + "' on '" + workload +
                     "': name one submission, and workloads one by one");
  }
  return plans;
}

/// The part of a plan that is one study, as a sweep of its own.
sweep::Plan study_of(sweep::Plan plan, int study) {
  plan.sweep.name += fmt::format(", study {}", study);
  std::erase_if(plan.trials, [&](const store::Trial& t) { return t.key.study != study; });
  return plan;
}

/// Study by study, the two in turns, so that what disturbs the machine for a while disturbs both.
ExitCode run_pairs(const Program& program, const OwnStore& own, const Plans& plans,
                   const OwnRun& run) {
  const int studies = plans.plain.trials.back().key.study + 1;
  for (int study = 0; study < studies; ++study) {
    const bool blind_first = study % 2 == 1;
    for (const bool blind : {blind_first, !blind_first}) {
      const auto code =
          run_in(own, program, study_of(blind ? plans.blind : plans.plain, study), run);
      if (code != ExitCode::done && code != ExitCode::some_trials_failed) return code;
    }
  }
  return ExitCode::done;
}

std::vector<sweep::BlindPair> read_pairs(const OwnStore& own, const Plans& plans) {
  const auto store = store::Store::open(own.file(), store::Store::Mode::read_only);
  std::vector<sweep::BlindPair> pairs;
  for (std::size_t i = 0; i < plans.plain.trials.size(); ++i) {
    const auto &plain = plans.plain.trials[i].id, &blind = plans.blind.trials[i].id;
    const auto plain_row = store.trial(plain), blind_row = store.trial(blind);
    pairs.push_back({*plain_row->outcome, *blind_row->outcome, store.evaluations(plain),
                     store.evaluations(blind)});
  }
  return pairs;
}

std::string describe(const sweep::Interval& interval, const char* format) {
  return fmt::format(fmt::runtime(format), interval.mean, interval.low, interval.high);
}

void print_text(const Finding& finding) {
  const auto& result = finding.comparison;
  fmt::print("{} on {}: {} pairs of {} steps, equal seeds and points\n", finding.submission,
             finding.workload, result.pairs, finding.steps);
  fmt::print("  parameters        the same bits in {} of {} pairs\n", result.same_bits,
             result.pairs);
  if (result.metric) {
    fmt::print("  {:<16}  blind minus plain {}\n", finding.metric,
               describe(*result.metric, "{:+.3g}, 95 % in [{:+.3g}, {:+.3g}]"));
  }
  fmt::print("  target            reached by {} plain and {} blind\n", result.plain_reached,
             result.blind_reached);
  if (result.time_to_target) {
    fmt::print("  time to target    blind / plain {}\n",
               describe(*result.time_to_target, "{:.3f}, 95 % in [{:.3f}, {:.3f}]"));
  }
  for (const auto& line : result.ended_differently) {
    fmt::print("  ended differently: {}\n", line);
  }
  fmt::print("{}\n", to_string(result.verdict));
}

nlohmann::json interval_json(const std::optional<sweep::Interval>& interval) {
  if (!interval) return nullptr;
  return {{"mean", interval->mean},
          {"low", interval->low},
          {"high", interval->high},
          {"pairs", interval->pairs}};
}

nlohmann::json to_json(const Finding& finding) {
  const auto& result = finding.comparison;
  return {{"submission", finding.submission},
          {"workload", finding.workload},
          {"metric", finding.metric},
          {"steps", finding.steps},
          {"pairs", result.pairs},
          {"same_bits", result.same_bits},
          {"difference", interval_json(result.metric)},
          {"time_to_target_ratio", interval_json(result.time_to_target)},
          {"plain_reached", result.plain_reached},
          {"blind_reached", result.blind_reached},
          {"ended_differently", result.ended_differently},
          {"verdict", to_string(result.verdict)}};
}

void blind(Program& program, const Options& options) {
  if (options.evaluations < 1) throw InputError("--evaluations: expected at least 1");
  const auto here = surroundings(program, options.flags);
  const OwnStore own(options.into);
  const OwnRun run{here.data_dir, options.flags.device, std::max(1, options.flags.threads),
                   options.flags.progress};
  std::vector<Finding> findings;
  for (const auto& workload : options.request.workloads) {
    const auto plans = make_plans(options, here, workload);
    const auto code = run_pairs(program, own, plans, run);
    if (code != ExitCode::done) {
      program.exit_code = code;
      return;
    }
    const auto& record = plans.plain.workloads.front();
    const sweep::BlindTerms terms{"validation/" + record.metric, record.higher_is_better,
                                  record.validation_target};
    findings.push_back(
        {plans.plain.submissions.front().name, workload, record.metric,
         rulesets::parse(plans.plain.sweep.rule_set_text, workload).conditions.evaluate_at.back(),
         sweep::compare_blind(read_pairs(own, plans), terms)});
    if (!options.json) print_text(findings.back());
    if (findings.back().comparison.verdict != sweep::BlindVerdict::no_change) {
      program.exit_code = ExitCode::check_failed;
    }
  }
  if (!options.json) return;
  nlohmann::json all = nlohmann::json::array();
  for (const auto& finding : findings) all.push_back(to_json(finding));
  fmt::print("{}\n", nlohmann::json{{"schema", "timetrial.blind/1"}, {"findings", all}}.dump(2));
}

void add(CommandLine app, Program& program) {
  auto options = std::make_shared<Options>();
  options->flags.threads = 1;
  auto command =
      app.add_subcommand("blind", "Whether a submission's result depends on names and order");
  command.add_option("submission", options->submission, "Name, or a path to a .so").required();
  command.add_option("-w,--workload", options->request.workloads, "Name; repeatable").required();
  add_plan_flags(command, options->request);
  add_repetition_flags(command, options->request);
  command.add_option("--evaluations", options->evaluations, "Evaluations of a trial, evenly spread")
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
  command.callback([&program, options] { blind(program, *options); });
  command.footer(
      "Runs each trial twice, with equal seed and point: as usual, and with the parameters in\n"
      "another order under names such as p0001, the workload's name hidden. Five studies of one\n"
      "trial unless --studies and --trials say otherwise, as many steps as the workload's step\n"
      "hint unless --max-steps does.\n\n"
      "Exit code: 0 no change beyond noise, 4 changes, or too few pairs.\n\n"
      "Example:\n"
      "  timetrial blind ./mine.so -w movielens_dlrm -w fashion_mnist_vit --studies 8");
}

const bool registered = add_command({"blind", Group::results, add});

}  // namespace
}  // namespace timetrial::cli::blind_command
