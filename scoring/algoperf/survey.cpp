#include "scoring/algoperf/survey.h"

#include "harness/trial/error.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace timetrial::algoperf {
namespace {

constexpr int kAsked = 8;  ///< trials per submission and per workload, where files are missing

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// How well a rule set fits logs that do not contradict it: one that knows more of their workloads
/// does better, then one whose workloads are all there.
struct Fit {
  std::size_t known = 0, asked = 0;
  bool better_than(const Fit& other) const {
    if (known != other.known) return known > other.known;
    return known == asked && other.known < other.asked;
  }
};

/// Nothing when a logged budget is another than the rule set's, or none of the workloads is known.
std::optional<Fit> fit(const Survey& survey, const rulesets::RuleSet& rules) {
  Fit fit{.asked = rules.workloads.size()};
  for (const auto& [workload, budget_s] : survey.budget_s) {
    if (!rules.contains(workload)) continue;
    if (rules.at(workload).budget_s != budget_s) return std::nullopt;
    ++fit.known;
  }
  return fit.known > 0 ? std::optional(fit) : std::nullopt;
}

/// Whether `larger` is `smaller` with more workloads, which logs without those cannot tell apart.
bool extends(const rulesets::RuleSet& larger, const rulesets::RuleSet& smaller) {
  return larger.workloads.size() > smaller.workloads.size() &&
         std::all_of(smaller.workloads.begin(), smaller.workloads.end(), [&](const auto& row) {
           return larger.contains(row.workload) && larger.at(row.workload).budget_s == row.budget_s;
         });
}

/// AlgoPerf's rule sets that fit best; of those that cannot be told apart, the smallest.
std::vector<std::string> fitting_rule_sets(const Survey& survey) {
  std::vector<std::string> names;
  std::optional<Fit> best;
  for (const auto& name : rulesets::names()) {
    if (!name.starts_with("algoperf-")) continue;
    const auto found = fit(survey, rulesets::load(name));
    if (!found || (best && best->better_than(*found))) continue;
    if (!best || found->better_than(*best)) names.clear();
    best = found;
    names.push_back(name);
  }
  const auto fitting = names;
  std::erase_if(names, [&](const std::string& name) {
    return std::any_of(fitting.begin(), fitting.end(), [&](const std::string& other) {
      return extends(rulesets::load(name), rulesets::load(other));
    });
  });
  return names;
}

std::vector<std::string> algoperf_rule_sets() {
  auto names = rulesets::names();
  std::erase_if(names, [](const std::string& name) { return !name.starts_with("algoperf-"); });
  return names;
}

bool is_about_code(const std::string& key) {
  return key.starts_with("git_") || key == "python_version";
}

std::string part_of_origin(const Survey& survey, bool about_code) {
  auto part = nlohmann::json::object();
  if (!survey.origin_json.empty()) {
    const auto origin = nlohmann::json::parse(survey.origin_json);
    for (const auto& [key, value] : origin.items()) {
      if (is_about_code(key) == about_code) part[key] = value;
    }
  }
  return part.dump();
}

}  // namespace

std::string versions_json(const Survey& survey) { return part_of_origin(survey, true); }
std::string hardware_json(const Survey& survey) { return part_of_origin(survey, false); }

Survey survey(LogSource& source) {
  Survey survey;
  TrialJson json;
  std::map<std::string, int> asked_submission, asked_workload;
  for (const auto& folder : source.tree().workloads) {
    survey.several_trials = survey.several_trials || folder.trials.size() > 1;
    for (const auto& trial : folder.trials) {
      const bool wants_tuning = !survey.tuning.contains(folder.submission) &&
                                asked_submission[folder.submission]++ < kAsked;
      const bool wants_budget =
          !survey.budget_s.contains(folder.workload) && asked_workload[folder.workload]++ < kAsked;
      if (!wants_tuning && !wants_budget) break;
      const auto texts = source.texts(folder, trial);
      const auto tuning = json.tuning(texts.flags);
      if (wants_tuning && tuning && !tuning->empty()) {
        survey.tuning[folder.submission] = {*tuning, folder.path() + "/" + trial.name};
      }
      const auto meta = json.meta_data(texts.meta_data);
      if (!meta) continue;
      if (meta->budget_s) survey.budget_s.try_emplace(folder.workload, *meta->budget_s);
      if (survey.origin_json.empty()) survey.origin_json = meta->origin_json;
    }
  }
  return survey;
}

rulesets::RuleSet choose_rule_set(const Survey& survey, const std::optional<std::string>& given,
                                  const std::filesystem::path& path) {
  if (given) return rulesets::load(*given);
  const auto fitting = fitting_rule_sets(survey);
  if (fitting.size() == 1) return rulesets::load(fitting.front());
  throw InputError(fmt::format("{}: {}; say it with --ruleset ({})", path.string(),
                               fitting.empty()
                                   ? "no rule set has the budgets that the logs have"
                                   : "several rule sets have the workloads and budgets of the logs",
                               joined(algoperf_rule_sets())));
}

rulesets::Tuning choose_tuning(const Survey& survey, const std::optional<rulesets::Tuning>& given,
                               const std::filesystem::path& path) {
  if (given) return *given;
  const std::pair<std::string, std::string>* first = nullptr;
  for (const auto& [submission, tuning] : survey.tuning) {
    if (first == nullptr) first = &tuning;
    if (tuning.first == first->first) continue;
    throw InputError(fmt::format(
        "{}: {} was tuned as '{}', {} as '{}'; import external and self-tuning apart, or say "
        "--tuning",
        path.string(), first->second, first->first, tuning.second, tuning.first));
  }
  if (first != nullptr && first->first == "external") return rulesets::Tuning::external;
  if (first != nullptr && first->first == "self") return rulesets::Tuning::self;
  if (first == nullptr && survey.several_trials) return rulesets::Tuning::external;
  throw InputError(
      fmt::format("{}: the logs do not say how they were tuned (tuning_ruleset in "
                  "flags_0.json); say --tuning external or --tuning self",
                  path.string()));
}

void compare_budgets(const Survey& survey, const rulesets::RuleSet& rules, Findings& findings) {
  for (const auto& [workload, budget_s] : survey.budget_s) {
    if (!rules.contains(workload) || rules.at(workload).budget_s == budget_s) continue;
    findings.add(Finding::other_budget, fmt::format("{} ({} s, rule set {} s)", workload, budget_s,
                                                    rules.at(workload).budget_s));
  }
}

}  // namespace timetrial::algoperf
