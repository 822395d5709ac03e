#pragma once
// Accuracy and cross-entropy of a classifier over a split, batch by batch.
//
//   ClassificationSums sums;
//   for (…) sums.add(logits, targets);
//   return {{"accuracy", sums.accuracy()}, {"loss", sums.loss()}};
//
// Sums are kept in double, so that the batch size moves a result by rounding only.

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace timetrial::metrics {

class ClassificationSums {
 public:
  /// logits [B, classes] of any floating type, targets int64 [B] on the same device.
  void add(const at::Tensor& logits, const at::Tensor& targets);

  std::int64_t examples() const { return examples_; }
  /// Fraction of examples whose largest logit is the target's, the first one among equals; NaN
  /// before the first example, as is the next.
  double accuracy() const { return correct_ / static_cast<double>(examples_); }
  /// Mean softmax cross-entropy in nats, without label smoothing.
  double loss() const { return nats_ / static_cast<double>(examples_); }

 private:
  double correct_ = 0, nats_ = 0;
  std::int64_t examples_ = 0;
};

}  // namespace timetrial::metrics
