#pragma once
// What evaluators found in the models of a sweep's trials, as tables.

#include "harness/store/store.h"

#include <map>
#include <string>
#include <vector>

namespace timetrial::scoring {

struct EvaluatorRow {
  TrialKey key;
  std::map<std::string, double> point;
  std::map<std::string, double> values;  ///< by name, such as "ece"
};

/// One evaluator on one workload.
struct EvaluatorTable {
  std::string workload, evaluator;
  std::vector<EvaluatorRow> rows;  ///< trials that it looked at, in planned order

  /// Names that any row has, sorted.
  std::vector<std::string> value_names() const;
};

/// By workload, then evaluator. Of a trial's attempts the one that ended it counts.
std::vector<EvaluatorTable> read_evaluators(const store::Store& store, const store::Sweep& sweep);

}  // namespace timetrial::scoring
