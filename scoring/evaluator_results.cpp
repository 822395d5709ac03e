#include "scoring/evaluator_results.h"

#include "harness/trial/evaluators.h"

#include <set>
#include <string_view>
#include <utility>

namespace timetrial::scoring {
namespace {

/// "evaluator/calibration/ece" as its two names; both empty for another name.
std::pair<std::string, std::string> parts_of(std::string_view name) {
  const std::string_view prefix = kEvaluatorPrefix;
  if (!name.starts_with(prefix)) return {};
  name.remove_prefix(prefix.size());
  const auto slash = name.find('/');
  if (slash == std::string_view::npos) return {};
  return {std::string(name.substr(0, slash)), std::string(name.substr(slash + 1))};
}

}  // namespace

std::vector<std::string> EvaluatorTable::value_names() const {
  std::set<std::string> names;
  for (const auto& row : rows) {
    for (const auto& [name, value] : row.values) names.insert(name);
  }
  return {names.begin(), names.end()};
}

std::vector<EvaluatorTable> read_evaluators(const store::Store& store, const store::Sweep& sweep) {
  std::map<std::pair<std::string, std::string>, EvaluatorTable> tables;
  const auto last = store.last_evaluations(sweep.id);
  for (const auto& row : store.trials(sweep.id)) {
    const auto found = last.find(row.trial.id);
    if (found == last.end()) continue;
    std::map<std::string, EvaluatorRow> by_evaluator;
    for (const auto& [name, value] : found->second.recorded) {
      const auto [evaluator, of_value] = parts_of(name);
      if (!evaluator.empty()) by_evaluator[evaluator].values[of_value] = value;
    }
    for (auto& [evaluator, result] : by_evaluator) {
      auto& table = tables[{row.trial.key.workload, evaluator}];
      table.workload = row.trial.key.workload;
      table.evaluator = evaluator;
      result.key = row.trial.key;
      result.point = row.trial.point;
      table.rows.push_back(std::move(result));
    }
  }
  std::vector<EvaluatorTable> result;
  for (auto& [names, table] : tables) result.push_back(std::move(table));
  return result;
}

}  // namespace timetrial::scoring
