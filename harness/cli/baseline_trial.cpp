#include "harness/cli/baseline_trial.h"

#include "harness/cli/run_options.h"
#include "harness/cli/whole_file.h"
#include "harness/sweep/target_setting.h"

#include <fmt/core.h>
#include <stdlib.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <system_error>

namespace timetrial::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kSeeds = 3;

/// Removed with all in it.
class ScratchFolder {
 public:
  ScratchFolder() {
    auto name = (fs::temp_directory_path() / "timetrial-check-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      throw std::system_error(errno, std::generic_category(), name);
    }
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

struct Ending {
  Outcome outcome;
  double validation = 0;
};

/// One trial in a store of its own.
Ending run_trial(const Program& program, const sweep::Request& request, const RunFlags& flags) {
  const auto plan = sweep::make_plan(request, surroundings(program, flags));
  const auto id = store_plan(plan, flags);
  const auto code = run_sweep(program, flags, id, plan.sweep.name);
  const auto store = store::Store::open(store_path(flags), store::Store::Mode::read_only);
  const auto row = store.trial(plan.trials.front().id);
  if (!row || !row->outcome) {
    throw InputError(
        fmt::format("the trial was not run to its end (exit code {})", static_cast<int>(code)));
  }
  Ending ending{*row->outcome, 0};
  const auto evaluations = store.evaluations(row->trial.id);
  if (!evaluations.empty()) {
    ending.validation =
        evaluations.back().metrics.at("validation/" + plan.workloads.front().metric);
  }
  return ending;
}

}  // namespace

void check_has_baseline(const rulesets::RuleSet& rules, const std::string& workload) {
  if (rules.at(workload).baseline) return;
  throw InputError(
      fmt::format("rule set {}: no baseline for '{}', so --trial has nothing to run; timetrial "
                  "target set finds "
                  "one",
                  rules.name, workload));
}

nlohmann::json check_baseline_trial(const Program& program, const rulesets::RuleSet& rules,
                                    const std::string& workload, const fs::path& data) {
  const auto& terms = rules.at(workload);
  const ScratchFolder scratch;
  const auto rules_file = scratch.path() / "rules.toml";
  write_whole(rules_file, sweep::untimed_terms(rules, workload));
  RunFlags flags;
  flags.store = (scratch.path() / "trial.db").string();
  flags.data = data.string();
  flags.progress = "none";
  sweep::Request request;
  request.submissions = {terms.baseline->submission};
  request.workloads = {workload};
  request.rule_set = rules_file.string();
  request.studies = request.trials = 1;
  request.point = terms.baseline->point;
  request.max_steps = terms.step_hint;

  std::string detail;
  int missed = 0;
  for (; missed < kSeeds; ++missed) {
    request.seed = static_cast<std::uint64_t>(missed);
    request.name = fmt::format("seed {}", missed);
    const auto ending = run_trial(program, request, flags);
    detail += fmt::format("{}{}: {} {:.4f} after {} of {} steps ({})", detail.empty() ? "" : "; ",
                          request.name, terms.metric, ending.validation, ending.outcome.step,
                          terms.step_hint, to_string(ending.outcome.kind));
    if (ending.outcome.kind == OutcomeKind::target_reached) break;
  }
  return {{"name", "trial_reaches_target"},
          {"passed", missed < kSeeds},
          {"error", missed},
          {"tolerance", kSeeds - 1},
          {"detail", fmt::format("{}, target {}: {}", terms.baseline->submission,
                                 terms.validation_target, detail)}};
}

}  // namespace timetrial::cli
