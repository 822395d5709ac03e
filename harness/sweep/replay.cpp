#include "harness/sweep/replay.h"

#include "harness/manifest/manifest.h"
#include "harness/trial/error.h"
#include "harness/trial/sha256.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>

namespace timetrial::sweep {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kShown = 12;  // characters of a hash

std::string library_of(const RecordedTrial& recorded, const ReplayRequest& request) {
  return request.library ? fs::absolute(*request.library).string() : recorded.submission.library;
}

const KnownWorkload* find_workload(const Surroundings& now, const std::string& name) {
  const auto found = std::find_if(now.workloads.begin(), now.workloads.end(),
                                  [&](const KnownWorkload& w) { return w.name == name; });
  return found == now.workloads.end() ? nullptr : &*found;
}

/// Empty when they are not there.
std::string data_hash(const Surroundings& now, const KnownWorkload& workload) {
  const auto folder = now.data_dir / workload.dataset;
  if (!fs::exists(folder / manifest::kFileName)) return "";
  return manifest::data_hash(manifest::read(folder));
}

class Differences {
 public:
  /// Adds a line unless the two are equal.
  void compare(const std::string& what, const std::string& recorded, const std::string& now,
               const std::string& remedy) {
    if (recorded == now) return;
    lines.push_back(
        fmt::format("{}: recorded {}, now {}; {}", what, shown(recorded), shown(now), remedy));
  }
  std::vector<std::string> lines;

 private:
  static std::string shown(const std::string& value) { return value.empty() ? "nothing" : value; }
};

void compare_files(Differences& out, const RecordedTrial& recorded, const Surroundings& now,
                   const ReplayRequest& request) {
  const auto library = library_of(recorded, request);
  if (!fs::is_regular_file(library)) {
    out.lines.push_back(
        fmt::format("library {}: not there; restore it, or name its place with "
                    "--library FILE",
                    library));
  } else {
    out.compare(fmt::format("library {}, SHA-256", library),
                recorded.submission.library_hash.substr(0, kShown),
                sha256_of_file(library).substr(0, kShown),
                "build the commit that it was built from, or name it with --library FILE");
  }
  const auto* workload = find_workload(now, recorded.workload.name);
  if (workload == nullptr) {
    out.lines.push_back(fmt::format("workload {}: not in this build; install the one that ran it",
                                    recorded.workload.name));
    return;
  }
  out.compare(fmt::format("configuration of {}, SHA-256", workload->name),
              recorded.workload.configuration_hash.substr(0, kShown),
              sha256_hex(workload->configuration).substr(0, kShown), "use the build that ran it");
  out.compare(fmt::format("data {}, SHA-256", (now.data_dir / workload->dataset).string()),
              recorded.workload.data_hash.substr(0, kShown),
              data_hash(now, *workload).substr(0, kShown),
              "prepare them from the same packages: timetrial data prepare " + workload->name);
}

nlohmann::json object_of(const std::string& text) {
  auto json = nlohmann::json::parse(text, nullptr, false);
  return json.is_object() ? json : nlohmann::json::object();
}

std::string text_of(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

void compare_software(Differences& out, const RecordedTrial& recorded, const Surroundings& now) {
  const auto before = object_of(recorded.sweep.versions_json), after = object_of(now.versions_json);
  struct Part {
    const char *key, *name, *remedy;
  };
  for (const auto& part : {Part{"commit", "harness commit", "build that commit"},
                           Part{"libtorch", "LibTorch", "build with that version"},
                           Part{"compiler", "compiler", "build with that one"},
                           Part{"blas", "BLAS of LibTorch", "use the LibTorch that it ran with"},
                           Part{"cpu_capability", "instruction set that LibTorch takes",
                                "use such a processor (ATEN_CPU_CAPABILITY can lower it)"}}) {
    out.compare(part.name, text_of(before, part.key), text_of(after, part.key), part.remedy);
  }
}

void compare_machine(Differences& out, const RecordedTrial& recorded, const Surroundings& now,
                     const ReplayRequest& request) {
  const auto before = object_of(recorded.sweep.hardware_json), after = object_of(now.hardware_json);
  out.compare("processor", text_of(before, "cpu_model"), text_of(after, "cpu_model"),
              "kernels are chosen by it: use one of that model");
  out.compare("extensions of the processor", text_of(before, "cpu_flags"),
              text_of(after, "cpu_flags"), "kernels are chosen by them: use one that has the same");
  if (request.machinery.device != "cpu") {
    out.compare("GPUs", text_of(before, "gpus"), text_of(after, "gpus"), "use the same");
  }
  for (const auto& attempt : recorded.attempts) {
    const auto recorded_on = machinery_of(attempt);
    const auto name = fmt::format("attempt {}: ", attempt.number);
    out.compare(name + "device", recorded_on.device, request.machinery.device,
                "give it with --device");
    out.compare(name + "threads", std::to_string(recorded_on.threads),
                std::to_string(request.machinery.threads),
                "sums depend on their number; give it with --threads");
  }
}

/// The steps at which the recorded training was held.
rulesets::Conditions conditions_of(const RecordedTrial& recorded, const rulesets::RuleSet& rules,
                                   const ReplayRequest& request) {
  rulesets::Conditions conditions;
  conditions.blind = rules.conditions.blind;
  conditions.deterministic = rules.conditions.deterministic || request.deterministic;
  const auto& told = rules.conditions.told_times_s;
  for (std::size_t i = 0; i < recorded.evaluations.size(); ++i) {
    const auto& evaluation = recorded.evaluations[i];
    if (request.steps && evaluation.step > *request.steps) break;
    conditions.evaluate_at.push_back(evaluation.step);
    conditions.told_times_s.push_back(i < told.size() ? told[i] : evaluation.submission_time_s);
  }
  if (conditions.evaluate_at.empty()) {
    throw InputError(
        fmt::format("--steps {}: the first evaluation was after step {}; give at "
                    "least that",
                    *request.steps, recorded.evaluations.front().step));
  }
  for (const auto& attempt : recorded.attempts) {
    const auto step = attempt.start_step;
    if (step > 0 && step < conditions.evaluate_at.back()) conditions.pause_at.push_back(step);
  }
  std::sort(conditions.pause_at.begin(), conditions.pause_at.end());
  return conditions;
}

}  // namespace

std::vector<std::string> environment_differences(const RecordedTrial& recorded,
                                                 const Surroundings& now,
                                                 const ReplayRequest& request) {
  Differences differences;
  compare_files(differences, recorded, now, request);
  compare_software(differences, recorded, now);
  compare_machine(differences, recorded, now, request);
  if (request.deterministic && request.machinery.device == "cpu") return differences.lines;
  const auto rules = rulesets::parse(recorded.sweep.rule_set_text, recorded.sweep.rule_set);
  if (request.deterministic && !rules.conditions.deterministic) {
    differences.lines.emplace_back(
        "algorithms: recorded with those that are fastest, now deterministic ones; leave out "
        "--deterministic");
  }
  return differences.lines;
}

Plan replay_plan(const RecordedTrial& recorded, const Surroundings& now,
                 const ReplayRequest& request) {
  const auto* workload = find_workload(now, recorded.workload.name);
  if (workload == nullptr) {
    throw InputError(fmt::format("workload '{}' is not in this build; install the one that ran it",
                                 recorded.workload.name));
  }
  auto rules = rulesets::parse(recorded.sweep.rule_set_text, recorded.sweep.rule_set);
  rules = rulesets::with_conditions(rules, conditions_of(recorded, rules, request));
  Plan plan;
  plan.sweep = recorded.sweep;
  plan.sweep.id = 0;
  plan.sweep.name = "replay of " + recorded.row.trial.id.substr(0, kShown);
  plan.sweep.rule_set = rulesets::title(rules);
  plan.sweep.rule_set_hash = rules.hash;
  plan.sweep.rule_set_text = rules.text;
  plan.sweep.hardware_json = now.hardware_json;
  plan.sweep.versions_json = now.versions_json;
  plan.sweep.created_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                              std::chrono::system_clock::now().time_since_epoch())
                              .count();
  plan.submissions = {recorded.submission};
  plan.submissions[0].library = library_of(recorded, request);
  plan.submissions[0].library_hash = sha256_of_file(plan.submissions[0].library);
  plan.workloads = {recorded.workload};
  plan.workloads[0].configuration = workload->configuration;
  plan.workloads[0].configuration_hash = sha256_hex(workload->configuration);
  plan.workloads[0].data_hash = data_hash(now, *workload);
  store::Trial trial = recorded.row.trial;
  trial.id = store::trial_id(plan.sweep, plan.submissions[0], plan.workloads[0], trial);
  plan.trials = {trial};
  return plan;
}

}  // namespace timetrial::sweep
