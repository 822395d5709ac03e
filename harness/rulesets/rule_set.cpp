#include "harness/rulesets/rule_set.h"

#include "harness/tomlfile/compiled_table.h"
#include "harness/tomlfile/strict_table.h"
#include "harness/trial/error.h"
#include "harness/trial/sha256.h"
#include "harness/trial/suggest.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

namespace timetrial::rulesets {

/// Every TOML file of this folder, sorted by name; defined by CMake.
const std::vector<tomlfile::CompiledTable>& compiled_tables();

namespace {

using tomlfile::Document;
using tomlfile::Table;

constexpr double kDay_s = 86'400;
constexpr double kLongest_s = 366 * kDay_s;  // budgets of the full suites are days
constexpr double kShortest_s = 1e-3;

Baseline read_baseline(Table table) {
  Baseline baseline;
  baseline.submission = table.text("submission");
  baseline.point = table.table("point").numbers();
  table.refuse_others();
  return baseline;
}

WorkloadRules read_workload(Table& table) {
  WorkloadRules rules;
  rules.workload = table.text("name");
  if (table.contains("base")) rules.base = table.text("base");
  rules.metric = table.text("metric");
  rules.higher_is_better = table.boolean("higher_is_better");
  rules.validation_target = table.number("validation_target");
  constexpr double kAnything = std::numeric_limits<double>::infinity();
  rules.test_target = rules.higher_is_better ? -kAnything : kAnything;
  if (table.contains("test_target")) rules.test_target = table.number("test_target");
  rules.budget_s = table.number("budget_s", kShortest_s, kLongest_s);
  rules.evaluation_period_s = table.number("evaluation_period_s", kShortest_s, kLongest_s);
  rules.step_hint = table.integer("step_hint", 1);
  if (table.contains("evaluation_batch_size")) {
    rules.evaluation_batch_size = table.integer("evaluation_batch_size", 1);
  }
  if (table.contains("task_targets")) {
    rules.task_targets = table.table("task_targets").numbers();
  }
  if (table.contains("baseline")) rules.baseline = read_baseline(table.table("baseline"));
  table.refuse_others();
  if (rules.evaluation_period_s > rules.budget_s) {
    table.fail("evaluation_period_s",
               "evaluation_period_s exceeds budget_s, so the target could never be seen; lower it");
  }
  return rules;
}

Limits read_limits(Table table) {
  Limits limits;
  limits.init_s = table.number("init_s", kShortest_s, kDay_s);
  limits.hang_s = table.number("hang_s", kShortest_s, kDay_s);
  limits.checkpoint_period_s = table.number("checkpoint_period_s", 0, kDay_s);
  limits.checkpoint_allowance_s = table.number("checkpoint_allowance_s", 0, kDay_s);
  limits.memory_mb = table.integer("memory_mb", 64);
  if (table.contains("scratch_mb")) limits.scratch_mb = table.integer("scratch_mb", 1);
  table.refuse_others();
  return limits;
}

/// A held-out variant gates a workload that is scored itself, and that stands above it.
void check_base(const Table& table, const WorkloadRules& variant, const RuleSet& rules) {
  for (const auto& workload : rules.workloads) {
    if (workload.workload == variant.base && workload.base.empty()) return;
  }
  table.fail("base",
             "base '" + variant.base + "' is no scored workload listed above; list it first");
}

void read_workloads(Table& root, RuleSet& rules) {
  std::set<std::string> seen;
  for (auto& table : root.tables("workloads")) {
    auto workload = read_workload(table);
    if (!workload.base.empty()) check_base(table, workload, rules);
    rules.workloads.push_back(std::move(workload));
    const auto& name = rules.workloads.back().workload;
    if (!seen.insert(name).second) {
      table.fail("name", "workload '" + name + "' is listed twice; keep one table");
    }
  }
}

RuleSet read_rules(const Document& document) {
  auto root = document.root();
  RuleSet rules;
  rules.name = root.text("name");
  rules.description = root.text("description");
  rules.hardware_profile = root.text("hardware_profile");
  rules.studies = static_cast<int>(root.integer("studies", 1, 1000));
  rules.trials = static_cast<int>(root.integer("trials", 1, 1000));
  rules.self_tuning_budget_factor = root.number("self_tuning_budget_factor", 0.01, 100);
  rules.limits = read_limits(root.table("limits"));
  if (root.contains("conditions")) rules.conditions = read_conditions(root.table("conditions"));
  read_workloads(root, rules);
  root.refuse_others();
  rules.text = document.text();
  rules.hash = sha256_hex(rules.text);
  return rules;
}

std::vector<std::string> workload_names(const RuleSet& rules) {
  std::vector<std::string> names;
  for (const auto& workload : rules.workloads) names.push_back(workload.workload);
  return names;
}

const WorkloadRules* find(const RuleSet& rules, const std::string& workload) {
  const auto found =
      std::find_if(rules.workloads.begin(), rules.workloads.end(),
                   [&](const WorkloadRules& entry) { return entry.workload == workload; });
  return found == rules.workloads.end() ? nullptr : &*found;
}

}  // namespace

Tuning parse_tuning(const std::string& word) {
  if (word == to_string(Tuning::external)) return Tuning::external;
  if (word == to_string(Tuning::self)) return Tuning::self;
  throw InputError("tuning '" + word + "': expected external or self");
}

const char* to_string(Tuning tuning) { return tuning == Tuning::external ? "external" : "self"; }

const WorkloadRules& RuleSet::at(const std::string& workload) const {
  if (const auto* found = find(*this, workload)) return *found;
  throw InputError("rule set " + name + ": " +
                   unknown_name("workload", workload, workload_names(*this)));
}

bool RuleSet::contains(const std::string& workload) const {
  return find(*this, workload) != nullptr;
}

std::vector<std::string> names() {
  std::vector<std::string> names;
  for (const auto& table : compiled_tables()) names.push_back(table.name);
  return names;
}

RuleSet load(const std::string& name) {
  if (name.ends_with(".toml")) return read_rules(Document::read(name));
  for (const auto& table : compiled_tables()) {
    if (table.name == name) return read_rules(Document::parse(table.text, name + ".toml"));
  }
  throw InputError(unknown_name("rule set", name, names()) +
                   " A rule set of your own is a path that ends in .toml");
}

RuleSet parse(const std::string& text, const std::string& origin) {
  return read_rules(Document::parse(text, origin));
}

}  // namespace timetrial::rulesets
