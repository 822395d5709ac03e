#pragma once
// What an evaluation half can tell of a model beyond its metrics: looked at once, when a trial has
// ended, never on the clock. An Evaluation that has any derives from this too.

#include "workloads/workload.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace timetrial::workloads {

class Evaluators {
 public:
  virtual ~Evaluators() = default;
  /// Their names, sorted, such as "calibration".
  virtual std::vector<std::string> evaluators() const = 0;
  /// What one of them finds, by name, such as {"ece": 0.03}; the model is in evaluation mode. Equal
  /// models give equal numbers. Throws std::invalid_argument for a name that is not listed, and for
  /// a model that lacks what the evaluator looks at.
  virtual std::map<std::string, double> look(const std::string& evaluator, Model& model,
                                             std::int64_t batch_size) const = 0;
};

}  // namespace timetrial::workloads
