#include "workloads/metrics/classification.h"

#include <ATen/core/grad_mode.h>

namespace timetrial::metrics {

void ClassificationSums::add(const at::Tensor& logits, const at::Tensor& targets) {
  const at::NoGradGuard no_grad;
  const auto log_probabilities = at::log_softmax(logits, -1, at::kFloat);
  const auto nats = -log_probabilities.gather(-1, targets.unsqueeze(-1)).sum(at::kDouble);
  const auto correct = logits.argmax(-1).eq(targets).sum();
  nats_ += nats.item<double>();
  correct_ += correct.item<double>();
  examples_ += targets.numel();
}

}  // namespace timetrial::metrics
