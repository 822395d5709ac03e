// timetrial sweep plan|start|status|resume, and timetrial resume.
#include "harness/cli/load_check.h"
#include "harness/cli/run_options.h"

#include "harness/cli/command.h"
#include "harness/cli/tuning_point.h"
#include "harness/trial/suggest.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <memory>

namespace timetrial::cli {
namespace {

struct Options {
  sweep::Request request;
  RunFlags flags;
  bool dry_run = false;
  bool json = false;
  std::string name;
};

void add_selection(CommandLine command, Options& options) {
  command.add_option("name", options.request.name, "The sweep's name in the store").required();
  command
      .add_option("-s,--submission", options.request.submissions,
                  "Name, glob, !glob, or a path to a .so; repeatable")
      .group("Selection");
  command
      .add_option("-w,--workload", options.request.workloads,
                  "Name, glob, suite:NAME, or one with ! in front; repeatable")
      .group("Selection");
}

void print_plan(const sweep::Plan& plan) {
  fmt::print("sweep {}: rule set {}, {} tuning, seed {}\n\n", plan.sweep.name, plan.sweep.rule_set,
             plan.sweep.tuning, plan.sweep.seed);
  fmt::print("{:<24} {:<24} {:>7} {:>7} {:>14}\n", "submission", "workload", "studies", "trials",
             "at most");
  for (const auto& submission : plan.submissions) {
    for (const auto& workload : plan.workloads) {
      std::vector<store::Trial> cell;
      int studies = 0;
      for (const auto& trial : plan.trials) {
        if (trial.key.submission != submission.name || trial.key.workload != workload.name)
          continue;
        cell.push_back(trial);
        studies = std::max(studies, trial.key.study + 1);
      }
      fmt::print("{:<24} {:<24} {:>7} {:>7} {:>14}\n", submission.name, workload.name, studies,
                 cell.size() / static_cast<std::size_t>(std::max(studies, 1)),
                 sweep::format_seconds(sweep::budget_s(cell)));
    }
  }
  fmt::print("\n{} trials, at most {} of submission time; evaluation comes on top\n",
             plan.trials.size(), sweep::format_seconds(sweep::budget_s(plan.trials)));
  for (const auto& trial : plan.trials) {
    fmt::print("  {}: {}\n", to_string(trial.key), describe_point(trial.point));
  }
}

nlohmann::json plan_json(const sweep::Plan& plan) {
  nlohmann::json trials = nlohmann::json::array();
  for (const auto& trial : plan.trials) {
    trials.push_back({{"id", trial.id},
                      {"submission", trial.key.submission},
                      {"workload", trial.key.workload},
                      {"study", trial.key.study},
                      {"trial", trial.key.trial},
                      {"point", trial.point},
                      {"seed", std::to_string(trial.seed)},
                      {"budget_s", trial.budget_s}});
  }
  return {{"schema", "timetrial.plan/1"},
          {"sweep", plan.sweep.name},
          {"rule_set", plan.sweep.rule_set},
          {"tuning", plan.sweep.tuning},
          {"trials", trials},
          {"budget_s", sweep::budget_s(plan.trials)}};
}

void plan_or_start(Program& program, const Options& options, bool run) {
  const sweep::Plan plan = sweep::make_plan(options.request, surroundings(program, options.flags));
  if (!run || options.dry_run) {
    if (options.json) {
      fmt::print("{}\n", plan_json(plan).dump(2));
    } else {
      print_plan(plan);
    }
    return;
  }
  if (!all_load(program, {&plan, 1})) {
    program.exit_code = ExitCode::bad_input;
    return;
  }
  const std::int64_t id = store_plan(plan, options.flags);
  program.exit_code = run_sweep(program, options.flags, id, plan.sweep.name);
}

/// The sweep of that name, or the newest.
store::Sweep find_sweep(const store::Store& store, const std::string& name) {
  const auto sweeps = store.sweeps();
  if (sweeps.empty()) throw InputError("the store has no sweep; start one: timetrial sweep start");
  if (name.empty()) return sweeps.back();
  std::vector<std::string> names;
  for (const auto& sweep : sweeps) {
    if (sweep.name == name) return sweep;
    names.push_back(sweep.name);
  }
  throw InputError(unknown_name("sweep", name, names));
}

void resume(Program& program, const Options& options) {
  store::Sweep sweep;
  {
    const auto store = store::Store::open(store_path(options.flags), store::Store::Mode::read_only);
    sweep = find_sweep(store, options.name);
    const auto trials = store.trials(sweep.id);
    const auto open = std::count_if(trials.begin(), trials.end(),
                                    [](const store::TrialRow& row) { return !row.outcome; });
    fmt::print(stderr, "sweep {}: {} of {} trials left\n", sweep.name, open, trials.size());
  }
  program.exit_code = run_sweep(program, options.flags, sweep.id, sweep.name);
}

void print_status(const Options& options) {
  const auto store = store::Store::open(store_path(options.flags), store::Store::Mode::read_only);
  nlohmann::json all = nlohmann::json::array();
  for (const auto& sweep : store.sweeps()) {
    if (!options.name.empty() && sweep.name != find_sweep(store, options.name).name) continue;
    std::map<std::string, int> outcomes;
    const auto trials = store.trials(sweep.id);
    for (const auto& row : trials) {
      ++outcomes[row.outcome ? to_string(row.outcome->kind) : row.attempts > 0 ? "begun" : "open"];
    }
    all.push_back({{"name", sweep.name}, {"trials", trials.size()}, {"states", outcomes}});
  }
  if (options.json) {
    fmt::print("{}\n", nlohmann::json{{"schema", "timetrial.sweeps/1"}, {"sweeps", all}}.dump(2));
    return;
  }
  for (const auto& sweep : all) {
    fmt::print("{}: {} trials\n", sweep["name"].get<std::string>(), sweep["trials"].get<int>());
    for (const auto& [state, count] : sweep["states"].items()) {
      fmt::print("  {:<22} {}\n", state, count.get<int>());
    }
  }
}

void add_sweep(CommandLine app, Program& program) {
  auto sweep = app.add_subcommand("sweep", "Many trials: plan, start, status, resume");
  sweep.require_subcommand();
  auto options = std::make_shared<Options>();

  auto plan =
      sweep.add_subcommand("plan", "Print what a sweep would run, and the time it may take");
  add_selection(plan, *options);
  add_plan_flags(plan, options->request);
  plan.add_flag("--blind", options->request.blind, kBlindHelp).group("Rules");
  plan.add_flag("--record-losses", options->request.record_losses, kRecordLossesHelp)
      .group("Rules");
  add_evaluators(plan, options->request);
  add_diagnose(plan, options->request);
  add_repetition_flags(plan, options->request);
  add_run_flags(plan, options->flags);
  plan.add_flag("--json", options->json, "One JSON object").group("Output");
  plan.callback([&program, options] { plan_or_start(program, *options, false); });

  auto start = sweep.add_subcommand("start", "Plan a sweep into the store and run it");
  add_selection(start, *options);
  add_plan_flags(start, options->request);
  start.add_flag("--blind", options->request.blind, kBlindHelp).group("Rules");
  start.add_flag("--record-losses", options->request.record_losses, kRecordLossesHelp)
      .group("Rules");
  add_evaluators(start, options->request);
  add_diagnose(start, options->request);
  add_repetition_flags(start, options->request);
  add_run_flags(start, options->flags);
  start.add_flag("--dry-run", options->dry_run, "Print the plan, write and run nothing")
      .group("Output");
  start.add_flag("--json", options->json, "With --dry-run: one JSON object").group("Output");
  start.callback([&program, options] { plan_or_start(program, *options, true); });
  start.footer(
      "Starting a sweep that is finished does nothing; one that was interrupted goes on.\n\n"
      "Examples:\n"
      "  timetrial sweep start mine -s adamw -s ./mine.so -w 'fashion_*'\n"
      "  timetrial sweep start all -s '*' -s '!lion' --trials 4 --dry-run");

  auto status = sweep.add_subcommand("status", "How far the store's sweeps are");
  status.add_option("name", options->name, "Of one sweep (default: all)");
  status.add_option("--store", options->flags.store, "The database (TIMETRIAL_STORE)");
  status.add_flag("--json", options->json, "One JSON object");
  status.callback([options] { print_status(*options); });

  auto again = sweep.add_subcommand("resume", "Run what a sweep has left");
  again.add_option("name", options->name, "Sweep (default: the newest)");
  add_run_flags(again, options->flags);
  again.callback([&program, options] { resume(program, *options); });
}

void add_resume(CommandLine app, Program& program) {
  auto options = std::make_shared<Options>();
  auto command = app.add_subcommand("resume", "Run what a sweep has left");
  command.add_option("name", options->name, "Sweep (default: the newest)");
  add_run_flags(command, options->flags);
  command.callback([&program, options] { resume(program, *options); });
}

const bool sweep_registered = add_command({"sweep", Group::run, add_sweep});
const bool resume_registered = add_command({"resume", Group::run, add_resume});

}  // namespace
}  // namespace timetrial::cli
