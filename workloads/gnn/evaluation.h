#pragma once
// The metrics of AlgoPerf's ogbg, over all batches of a split:
//
//   mean_average_precision  of the tasks that count, each over its known targets, ranked by the
//                           float32 sigmoid of the logits: saturated logits tie. A task counts if
//                           its targets, *unknown ones and padding's included, as 0*, hold a 0 and
//                           a 1. NaN when no task counts
//   accuracy, loss          means over the known targets

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

namespace timetrial::gnn {

class PropertyMetrics {
 public:
  /// All [G, tasks] and on any device; weights are 0 or 1. Throws std::invalid_argument when they
  /// do not fit to one another or to earlier batches.
  void add(const at::Tensor& logits, const at::Tensor& targets, const at::Tensor& weights);

  /// By name; NaN where there is nothing to average.
  std::map<std::string, double> values() const;
  /// One per task; NaN for those that do not count.
  std::vector<double> average_precisions() const;

 private:
  std::vector<at::Tensor> logits_, targets_, weights_;
};

}  // namespace timetrial::gnn
