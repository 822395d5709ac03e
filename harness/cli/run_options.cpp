#include "harness/cli/run_options.h"

#include "harness/cli/sibling_process.h"
#include "harness/cli/workload_catalog.h"
#include "harness/hardware/fingerprint.h"
#include "harness/sandbox/namespaces.h"
#include "harness/trial/evaluators.h"
#include "harness/version/version.h"

#include <fmt/core.h>
#include <sched.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <sstream>

namespace timetrial::cli {
namespace {

int usable_cores() {
  cpu_set_t cores;
  return sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
}

std::vector<std::string> words_between_commas(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream in(text);
  for (std::string word; std::getline(in, word, ',');) words.push_back(word);
  return words;
}

std::filesystem::path data_dir(const RunFlags& flags) {
  return std::filesystem::absolute(flags.data.empty() ? default_data_dir()
                                                      : std::filesystem::path(flags.data));
}

void check(const RunFlags& flags) {
  if (flags.jobs < 1) throw InputError("--jobs: expected at least 1");
  if (flags.threads < 0) throw InputError("--threads: expected at least 1");
}

/// Whether workers get namespaces. Throws InputError where they should and cannot.
bool with_namespaces(const RunFlags& flags) {
  std::string word = flags.sandbox;
  if (const char* variable = std::getenv("TIMETRIAL_SANDBOX"); word.empty() && variable) {
    word = variable;
  }
  if (word == "none") return false;
  if (!word.empty() && word != "full") {
    throw InputError("--sandbox: '" + word + "'; expected full or none");
  }
  const std::string reason = sandbox::why_no_namespaces();
  if (!reason.empty()) throw InputError(reason);
  return true;
}

}  // namespace

void add_run_flags(CommandLine command, RunFlags& flags) {
  command.add_option("--store", flags.store, "The database; made if absent (TIMETRIAL_STORE)")
      .group("Common");
  command.add_option("--data", flags.data, "Prepared data (TIMETRIAL_DATA)").group("Common");
  command.add_option("--device", flags.device, "cpu or cuda:N").show_default().group("Common");
  command.add_option("--threads", flags.threads, "Threads of a trial (default: all usable cores)")
      .group("Common");
  command
      .add_option("--jobs", flags.jobs,
                  "Trials at a time; more than one spoils the timings, and the results say so")
      .show_default()
      .group("Advanced");
  command
      .add_flag("--share-device", flags.share_device, "Do not wait for other sweeps on this device")
      .group("Advanced");
  command
      .add_option("--sandbox", flags.sandbox,
                  "full (the default), or none: workers without namespaces of their own, and the "
                  "results say so (TIMETRIAL_SANDBOX)")
      .group("Advanced");
  command.add_option("--progress", flags.progress, "auto, bar, plain or none")
      .show_default()
      .group("Output");
}

void add_evaluators(CommandLine command, sweep::Request& request) {
  command
      .add_option(
          "--evaluators",
          [&request](const std::string& words) {
            request.evaluators = words_between_commas(words);
            require_evaluator_names(request.evaluators);
          },
          "Look at each trial's model when it has ended: names with commas between, or all "
          "(docs/evaluators.md); other trials than those without")
      .group("Rules");
}

void add_diagnose(CommandLine command, sweep::Request& request) {
  command
      .add_option(
          "--diagnose",
          [&request](const std::string& words) {
            request.diagnose = diagnosis_of(words_between_commas(words));
          },
          "Measure with each evaluation, off the clock: sharpness, gradients, activations, or some "
          "with commas between; other trials than those without")
      .group("Rules");
}

void add_plan_flags(CommandLine command, sweep::Request& request) {
  command
      .add_option("--ruleset", request.rule_set,
                  "A rule set's name, a .toml file, or by-steps: any workload, without a score")
      .show_default()
      .group("Rules");
  command
      .add_option(
          "--tuning",
          [&request](const std::string& word) { request.tuning = rulesets::parse_tuning(word); },
          "external: points of the search space; self: none, and a longer budget")
      .group("Rules");
  command.add_option("--seed", request.seed, "All randomness derives from it")
      .show_default()
      .group("Rules");
  command
      .add_option("--max-steps", request.max_steps,
                  "End each trial after so many steps; not comparable in time")
      .group("Rules");
  command
      .add_option(
          "--search-space", request.search_space,
          "Instead of a submission's own: a file, or the word of another one that it brings, "
          "such as algoperf")
      .group("Rules");
}

void add_repetition_flags(CommandLine command, sweep::Request& request) {
  command
      .add_option("--studies", request.studies, "Independent repetitions (default: the rule set's)")
      .group("Rules");
  command.add_option("--trials", request.trials, "Points per study (default: the rule set's)")
      .group("Rules");
}

std::filesystem::path store_path(const RunFlags& flags) {
  return std::filesystem::absolute(flags.store.empty() ? default_store()
                                                       : std::filesystem::path(flags.store));
}

sweep::Surroundings surroundings(const Program& program, const RunFlags& flags) {
  check(flags);
  const SiblingResult worker = run_sibling(program, "timetrial-worker", {"version"});
  if (!succeeded(worker)) {
    throw InputError("timetrial-worker cannot start; run: timetrial doctor");
  }
  sweep::Surroundings result;
  result.submissions_dir = default_submissions_dir(program);
  result.data_dir = data_dir(flags);
  result.workloads = sweep::parse_described(workload_catalog(program).dump());
  nlohmann::json versions = version::versions();
  versions.update(nlohmann::json::parse(worker.output));
  result.versions_json = versions.dump();
  result.hardware_json = hardware::to_json(hardware::detect());
  return result;
}

std::int64_t store_plan(const sweep::Plan& plan, const RunFlags& flags) {
  with_namespaces(flags);  // or nothing of it could run
  const auto file = store_path(flags);
  std::filesystem::create_directories(file.parent_path());
  auto store = store::Store::open(file, store::Store::Mode::create);
  return store.add_sweep(plan.sweep, plan.submissions, plan.workloads, plan.trials);
}

ExitCode run_sweep(const Program& program, const RunFlags& flags, std::int64_t sweep_id,
                   const std::string& sweep_name) {
  check(flags);
  const auto file = store_path(flags);
  sweep::RunOptions options;
  options.launch.referee = sibling(program, "timetrial-referee");
  options.launch.store = file;
  options.launch.data_dir = data_dir(flags);
  options.launch.work_root = file.string() + ".work";
  options.launch.device = flags.device;
  options.launch.threads =
      flags.threads > 0 ? flags.threads : std::max(1, usable_cores() / flags.jobs);
  options.launch.concurrent_trials = flags.jobs;
  options.launch.namespaces = with_namespaces(flags);
  options.sweep_id = sweep_id;
  options.jobs = flags.jobs;
  options.share_device = flags.share_device;
  const auto display = sweep::make_display(sweep::parse_progress_style(flags.progress), stderr);
  const ExitCode code = sweep::run_sweep(options, *display);
  if (code == ExitCode::interrupted || code == ExitCode::terminated) {
    fmt::print(stderr, "interrupted; go on with: timetrial resume '{}' --store '{}'\n", sweep_name,
               file.string());
  }
  return code;
}

}  // namespace timetrial::cli
