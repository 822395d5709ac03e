// timetrial run SUBMISSION WORKLOAD: one trial, now.
#include "harness/cli/command.h"
#include "harness/cli/load_check.h"
#include "harness/cli/run_options.h"
#include "harness/cli/tuning_point.h"
#include "harness/trial/sha256.h"

#include <fmt/core.h>

#include <memory>

namespace timetrial::cli::run_command {
namespace {

struct Options {
  sweep::Request request;
  RunFlags flags;
  std::string submission, workload;
  std::vector<std::string> hyperparameters;
  int trial = 0;
};

/// Names what is run, so that the same command twice is the same trial.
std::string sweep_name(const Options& options, const sweep::Plan& plan) {
  return fmt::format("run {} {} {}", options.submission, options.workload,
                     sha256_hex(plan.trials.front().id).substr(0, 8));
}

void print_result(const RunFlags& flags, const std::string& trial_id) {
  const auto store = store::Store::open(store_path(flags), store::Store::Mode::read_only);
  const auto row = store.trial(trial_id);
  if (!row || !row->outcome) return;
  fmt::print("{}: {} after {} and {} steps{}{}\n", to_string(row->trial.key),
             to_string(row->outcome->kind), sweep::format_seconds(row->outcome->submission_time_s),
             row->outcome->step, row->outcome->reason.empty() ? "" : ": ", row->outcome->reason);
}

void run(Program& program, Options options) {
  options.request.submissions = {options.submission};
  options.request.workloads = {options.workload};
  options.request.studies = 1;
  if (!options.hyperparameters.empty()) {
    options.request.point = parse_point("--hyperparameter", options.hyperparameters);
  }
  if (options.trial < 0) throw InputError("--trial: expected at least 0");
  options.request.trials = options.trial + 1;
  options.request.name = "run";
  sweep::Plan plan = sweep::make_plan(options.request, surroundings(program, options.flags));
  plan.trials.erase(plan.trials.begin(), plan.trials.end() - 1);
  plan.sweep.name = sweep_name(options, plan);
  if (!all_load(program, {&plan, 1})) {
    program.exit_code = ExitCode::bad_input;
    return;
  }
  const std::string id = plan.trials.front().id;
  const std::int64_t sweep = store_plan(plan, options.flags);
  program.exit_code = run_sweep(program, options.flags, sweep, plan.sweep.name);
  print_result(options.flags, id);
}

void add(CommandLine app, Program& program) {
  auto options = std::make_shared<Options>();
  auto command = app.add_subcommand("run", "One trial now, with progress");
  command.add_option("submission", options->submission, "Name, or a path to a .so").required();
  command.add_option("workload", options->workload, "Name").required();
  command
      .add_option("-p,--hyperparameter", options->hyperparameters,
                  "name=number, repeatable: this point instead of one of the search space")
      .group("Selection");
  command.add_option("--trial", options->trial, "Which point of the search space, from 0")
      .show_default()
      .group("Selection");
  add_plan_flags(command, options->request);
  command.add_flag("--blind", options->request.blind, kBlindHelp).group("Rules");
  command.add_flag("--record-losses", options->request.record_losses, kRecordLossesHelp)
      .group("Rules");
  add_evaluators(command, options->request);
  add_diagnose(command, options->request);
  add_run_flags(command, options->flags);
  command.callback([&program, options] { run(program, *options); });
  command.footer(
      "Examples:\n"
      "  timetrial run lion fashion_mnist_vit\n"
      "  timetrial run ./mine.so gcide_lm -p learning_rate=1e-3 -p weight_decay=0.1");
}

const bool registered = add_command({"run", Group::run, add});

}  // namespace
}  // namespace timetrial::cli::run_command
