#include "harness/rulesets/conditions.h"

#include "harness/rulesets/rule_set.h"
#include "harness/tomlfile/strict_table.h"
#include "harness/trial/error.h"
#include "harness/trial/evaluators.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

namespace timetrial::rulesets {
namespace {

constexpr const char* kLine = "conditions = {";

void require_rising(const tomlfile::Table& table, const std::string& key,
                    const std::vector<std::int64_t>& steps) {
  if (std::is_sorted(steps.begin(), steps.end())) return;
  table.fail(key, key + " must list steps in rising order");
}

/// The text without a first line of conditions.
std::string plain_text(const RuleSet& rules) {
  if (!rules.text.starts_with(kLine)) return rules.text;
  return rules.text.substr(rules.text.find('\n') + 1);
}

std::string line_of(const Conditions& conditions) {
  std::vector<std::string> entries;
  if (conditions.blind) entries.emplace_back("blind = true");
  if (conditions.deterministic) entries.emplace_back("deterministic = true");
  if (conditions.record_losses) entries.emplace_back("record_losses = true");
  if (!conditions.evaluators.empty()) {
    entries.push_back(
        fmt::format("evaluators = [\"{}\"]", fmt::join(conditions.evaluators, "\", \"")));
  }
  if (conditions.diagnose.any()) {
    entries.push_back(
        fmt::format("diagnose = [\"{}\"]", fmt::join(names_of(conditions.diagnose), "\", \"")));
  }
  if (conditions.evaluate_examples > 0) {
    entries.push_back(fmt::format("evaluate_examples = {}", conditions.evaluate_examples));
  }
  const auto add = [&](const char* key, const auto& list) {
    if (!list.empty()) entries.push_back(fmt::format("{} = [{}]", key, fmt::join(list, ", ")));
  };
  add("evaluate_at", conditions.evaluate_at);
  add("pause_at", conditions.pause_at);
  add("told_times_s", conditions.told_times_s);
  return fmt::format("{} {} }}\n", kLine, fmt::join(entries, ", "));
}

}  // namespace

bool Conditions::ends_by_itself() const {
  return evaluate_at.size() > 1 && evaluate_at.back() == *(evaluate_at.end() - 2);
}

std::vector<std::int64_t> Conditions::snapshot_steps() const {
  std::vector<std::int64_t> steps;
  std::merge(evaluate_at.begin(), evaluate_at.end(), pause_at.begin(), pause_at.end(),
             std::back_inserter(steps));
  steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
  if (ends_by_itself()) steps.push_back(evaluate_at.back() + 1);
  return steps;
}

bool Conditions::evaluates(std::int64_t step) const {
  return std::binary_search(evaluate_at.begin(), evaluate_at.end(), step);
}

Conditions read_conditions(tomlfile::Table table) {
  Conditions conditions;
  if (table.contains("blind")) conditions.blind = table.boolean("blind");
  if (table.contains("deterministic")) conditions.deterministic = table.boolean("deterministic");
  if (table.contains("record_losses")) conditions.record_losses = table.boolean("record_losses");
  if (table.contains("evaluators")) {
    conditions.evaluators = table.texts("evaluators");
    try {
      require_evaluator_names(conditions.evaluators);
    } catch (const InputError& error) {
      table.fail("evaluators", error.what());
    }
  }
  if (table.contains("diagnose")) {
    try {
      conditions.diagnose = diagnosis_of(table.texts("diagnose"));
    } catch (const InputError& error) {
      table.fail("diagnose", error.what());
    }
  }
  if (table.contains("evaluate_examples")) {
    conditions.evaluate_examples = table.integer("evaluate_examples", 1);
  }
  if (table.contains("evaluate_at")) conditions.evaluate_at = table.integers("evaluate_at", 0);
  if (table.contains("pause_at")) conditions.pause_at = table.integers("pause_at", 1);
  if (table.contains("told_times_s")) {
    conditions.told_times_s = table.number_list("told_times_s", 0);
  }
  table.refuse_others();
  require_rising(table, "evaluate_at", conditions.evaluate_at);
  require_rising(table, "pause_at", conditions.pause_at);
  if (!conditions.scheduled() && !conditions.pause_at.empty()) {
    table.fail("pause_at", "pause_at without evaluate_at would never end; list the evaluations");
  }
  if (!conditions.scheduled() && conditions.evaluate_examples > 0) {
    table.fail("evaluate_examples",
               "evaluate_examples without evaluate_at would let a part of the data decide a score; "
               "list the evaluations");
  }
  const auto told = conditions.told_times_s.size();
  if (told != 0 && told != conditions.evaluate_at.size()) {
    table.fail("told_times_s", "told_times_s must have a time for each step of evaluate_at");
  }
  return conditions;
}

RuleSet with_conditions(const RuleSet& rules, const Conditions& conditions) {
  return parse(line_of(conditions) + plain_text(rules), rules.name);
}

std::string title(const RuleSet& rules) {
  std::string text = rules.name;
  if (rules.conditions.blind) text += ", blind";
  if (rules.conditions.deterministic) text += ", deterministic";
  if (rules.conditions.record_losses) text += ", training losses recorded";
  if (!rules.conditions.evaluators.empty()) text += ", looked at in the end";
  if (rules.conditions.diagnose.any()) text += ", diagnosed";
  if (rules.conditions.evaluate_examples > 0) {
    text += fmt::format(", evaluated on {} examples", rules.conditions.evaluate_examples);
  }
  if (rules.conditions.scheduled()) text += ", evaluated at steps";
  return text;
}

}  // namespace timetrial::rulesets
