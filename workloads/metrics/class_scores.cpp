#include "workloads/metrics/class_scores.h"

#include <stdexcept>

namespace timetrial::metrics {

void require_scores(const at::Tensor& logits, const at::Tensor& labels) {
  if (logits.dim() != 2 || !logits.is_floating_point() || logits.size(0) < 1 || !logits.is_cpu()) {
    throw std::invalid_argument("logits must be floating point [N, classes] with N >= 1");
  }
  if (labels.dim() != 1 || labels.scalar_type() != at::kLong || !labels.is_cpu() ||
      labels.size(0) != logits.size(0)) {
    throw std::invalid_argument("labels must be int64 [N], one for each row of logits");
  }
  if (labels.lt(0).logical_or(labels.ge(logits.size(1))).any().item<bool>()) {
    throw std::invalid_argument("labels must be in [0, classes)");
  }
}

}  // namespace timetrial::metrics
