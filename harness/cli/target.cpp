// timetrial target set: finds the targets and budgets of a rule set's workloads.
#include "harness/cli/command.h"
#include "harness/cli/run_options.h"
#include "harness/cli/whole_file.h"
#include "harness/sweep/selection.h"
#include "harness/sweep/target_setting.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>

namespace timetrial::cli::target_command {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::vector<std::string> workloads;
  std::string rule_set = "mini-1";
  fs::path out;
  std::uint64_t seed = 1;
  sweep::TargetProtocol protocol;
  RunFlags flags;
};

struct WorkloadTargets {
  rulesets::WorkloadRules rules;
  std::vector<sweep::TargetRun> tuning, repetitions;
  sweep::Targets targets;
  std::vector<store::TaskRecord> tasks;  ///< of a multi-task workload
  std::map<std::string, double> task_targets;
};

/// The terms are a file, since a sweep keeps its rule set's text and a user may want to read it.
fs::path write_terms(const Options& options, const rulesets::RuleSet& rules,
                     const std::string& workload) {
  const auto folder = fs::path(store_path(options.flags).string() + ".terms");
  fs::create_directories(folder);
  const auto file = folder / (workload + ".toml");
  write_whole(file, sweep::target_terms(rules, workload, options.protocol));
  return file;
}

/// Plans the sweep of one workload into the store, or finds it there, and runs what it has left.
ExitCode run_one(Program& program, const Options& options, const sweep::Request& request,
                 std::vector<sweep::TargetRun>& runs, std::vector<store::TaskRecord>& tasks) {
  const auto plan = sweep::make_plan(request, surroundings(program, options.flags));
  const auto id = store_plan(plan, options.flags);
  const auto code = run_sweep(program, options.flags, id, plan.sweep.name);
  if (code != ExitCode::done && code != ExitCode::some_trials_failed) return code;
  const auto store = store::Store::open(store_path(options.flags), store::Store::Mode::read_only);
  runs = sweep::target_runs(store, id);
  tasks = store.workloads(id).front().tasks;
  return ExitCode::done;
}

ExitCode set_one(Program& program, const Options& options, const rulesets::RuleSet& rules,
                 WorkloadTargets& result) {
  const auto& workload = result.rules.workload;
  sweep::Request request;
  request.name = "targets of " + workload + ": tuning";
  request.submissions = options.protocol.submissions;
  request.workloads = {workload};
  request.rule_set = write_terms(options, rules, workload).string();
  request.studies = 1;
  request.trials = options.protocol.points;
  request.seed = options.seed;
  request.max_steps = sweep::target_steps(result.rules, options.protocol);
  auto code = run_one(program, options, request, result.tuning, result.tasks);
  if (code != ExitCode::done) return code;

  const auto& best = sweep::best_run(result.tuning, result.rules.higher_is_better);
  fmt::print(stderr, "{}: best is {}, {} {:.4f}; repeating it with {} seeds\n", workload,
             to_string(best.trial.key), result.rules.metric, *best.validation,
             options.protocol.seeds);
  request.name = "targets of " + workload + ": seeds";
  request.submissions = {best.trial.key.submission};
  request.point = best.trial.point;
  request.studies = options.protocol.seeds;
  request.trials = 1;
  request.seed = options.seed + 1;  // the seed that chose the point must not be among them
  code = run_one(program, options, request, result.repetitions, result.tasks);
  if (code != ExitCode::done) return code;
  result.targets =
      sweep::derive_targets(result.repetitions, result.rules.higher_is_better, options.protocol);
  result.task_targets = sweep::derive_task_targets(result.repetitions, result.tasks);
  return code;
}

std::string number(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : "";
}

/// Quoted: a point is JSON, which has commas and quotes.
std::string quoted(const std::map<std::string, double>& point) {
  std::string text = "\"";
  for (const char c : nlohmann::json(point).dump()) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + "\"";
}

std::string runs_csv(const std::vector<WorkloadTargets>& all,
                     std::vector<sweep::TargetRun> WorkloadTargets::*runs) {
  std::string text =
      "workload,submission,study,trial,point,outcome,metric,validation,test,submission_time_s,"
      "parameter_hash\n";
  for (const auto& workload : all) {
    for (const auto& run : workload.*runs) {
      text += fmt::format("{},{},{},{},{},{},{},{},{},{:.1f},{}\n", run.trial.key.workload,
                          run.trial.key.submission, run.trial.key.study, run.trial.key.trial,
                          quoted(run.trial.point), run.outcome, workload.rules.metric,
                          number(run.validation), number(run.test), run.submission_time_s,
                          run.parameter_hash);
    }
  }
  return text;
}

std::string targets_csv(const std::vector<WorkloadTargets>& all, const Options& options) {
  std::string text =
      "workload,metric,submission,point,step_hint,steps,validation_target,test_target,seeds,"
      "seeds_that_reach_it,median_time_s,budget_s\n";
  for (const auto& [rules, tuning, repetitions, targets, tasks, task_targets] : all) {
    text += fmt::format(
        "{},{},{},{},{},{},{},{},{},{},{:.1f},{}\n", rules.workload, rules.metric,
        repetitions.front().trial.key.submission, quoted(repetitions.front().trial.point),
        rules.step_hint, sweep::target_steps(rules, options.protocol), targets.validation,
        targets.test, repetitions.size(), targets.reached, targets.median_time_s, targets.budget_s);
  }
  return text;
}

/// The repetitions' validation metrics of each task, in their order, and what follows.
std::string task_targets_csv(const std::vector<WorkloadTargets>& all) {
  std::string text = "workload,task,metric,seeds,validation_target\n";
  for (const auto& workload : all) {
    for (const auto& task : workload.tasks) {
      std::string values;
      for (const auto& run : workload.repetitions) {
        values += fmt::format("{}{}", values.empty() ? "" : " ", run.tasks.at(task.name));
      }
      text += fmt::format("{},{},{},{},{}\n", workload.rules.workload, task.name, task.metric,
                          values, workload.task_targets.at(task.name));
    }
  }
  return text;
}

void write_evidence(const std::vector<WorkloadTargets>& all, const Options& options) {
  fs::create_directories(options.out);
  write_whole(options.out / "tuning.csv", runs_csv(all, &WorkloadTargets::tuning));
  write_whole(options.out / "seeds.csv", runs_csv(all, &WorkloadTargets::repetitions));
  write_whole(options.out / "targets.csv", targets_csv(all, options));
  const auto has_tasks = [](const WorkloadTargets& workload) { return !workload.tasks.empty(); };
  if (std::any_of(all.begin(), all.end(), has_tasks)) {
    write_whole(options.out / "task_targets.csv", task_targets_csv(all));
  }
}

std::string toml_values(const std::map<std::string, double>& point) {
  std::string text;
  for (const auto& [name, value] : point) {
    text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", name, value);
  }
  return text;
}

void print_entries(const std::vector<WorkloadTargets>& all) {
  for (const auto& [rules, tuning, repetitions, targets, tasks, task_targets] : all) {
    fmt::print(
        "# {}, {} of {} seeds reach it, {:.1f} s each\n[[workloads]]\nname = \"{}\"\n"
        "validation_target = {}\ntest_target = {}\nbudget_s = {}\n"
        "baseline = {{ submission = \"{}\", point = {{ {} }} }}\n",
        repetitions.front().trial.key.submission, targets.reached, repetitions.size(),
        targets.median_time_s, rules.workload, targets.validation, targets.test, targets.budget_s,
        repetitions.front().trial.key.submission, toml_values(repetitions.front().trial.point));
    if (!task_targets.empty()) {
      fmt::print("task_targets = {{ {} }}\n", toml_values(task_targets));
    }
    fmt::print("\n");
  }
}

void set_targets(Program& program, const Options& options) {
  sweep::validate(options.protocol);
  const auto rules = rulesets::load(options.rule_set);
  std::vector<std::string> known;
  for (const auto& workload : rules.workloads) known.push_back(workload.workload);
  std::vector<WorkloadTargets> all;
  for (const auto& name :
       sweep::select(options.workloads, "workload of rule set " + rules.name, known)) {
    all.emplace_back().rules = rules.at(name);
  }
  for (auto& workload : all) {
    program.exit_code = set_one(program, options, rules, workload);
    if (program.exit_code != ExitCode::done) return;
  }
  if (!options.out.empty()) write_evidence(all, options);
  print_entries(all);
}

void add(CommandLine app, Program& program) {
  auto target = app.add_subcommand("target", "Find a rule set's targets and budgets");
  target.require_subcommand();
  auto options = std::make_shared<Options>();
  auto set = target.add_subcommand(
      "set", "Tune several submissions, repeat the best point, print targets and budgets");
  set.add_option("-w,--workload", options->workloads, "Name, glob or !glob; repeatable (all)");
  set.add_option("--ruleset", options->rule_set, "Whose step hints, metrics and limits")
      .show_default();
  set.add_option("-s,--submission", options->protocol.submissions,
                 "Name, glob, !glob, or a path to a .so; repeatable")
      .show_default();
  set.add_option("--points", options->protocol.points, "Of each submission's search space")
      .show_default();
  set.add_option("--seeds", options->protocol.seeds, "Repetitions of the best point")
      .show_default();
  set.add_option("--fraction", options->protocol.fraction, "Of the step hint that a run trains for")
      .show_default();
  set.add_option("--budget-factor", options->protocol.budget_factor,
                 "Budget as a multiple of the repetitions' median time")
      .show_default();
  set.add_option("--seed", options->seed, "Of the tuning runs; repetitions have the next one")
      .show_default();
  set.add_option("--out", options->out,
                 "Folder for the evidence: tuning, seeds, targets, and of tasks (CSV)");
  add_run_flags(set, options->flags);
  set.footer(
      "Runs that the store has are not repeated: interrupt it, and the same command goes on.\n\n"
      "Example:\n"
      "  timetrial target set -w movielens_dlrm --store targets.db --out evidence");
  set.callback([&program, options] { set_targets(program, *options); });
}

[[maybe_unused]] const bool registered = add_command({"target", Group::run, add});

}  // namespace
}  // namespace timetrial::cli::target_command
