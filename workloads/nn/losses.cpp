#include "workloads/nn/losses.h"

#include <stdexcept>

namespace timetrial::nn {
namespace {

Loss reduce(at::Tensor per_example, const at::Tensor& weights) {
  Loss loss;
  if (weights.defined()) {
    loss.per_example = per_example * weights;
    loss.valid_examples = weights.sum();
  } else {
    loss.valid_examples = at::full({}, per_example.numel(), per_example.options());
    loss.per_example = std::move(per_example);
  }
  loss.summed = loss.per_example.sum();
  loss.per_task = {loss.mean()};
  return loss;
}

}  // namespace

Loss softmax_cross_entropy(const at::Tensor& logits, const at::Tensor& targets,
                           const at::Tensor& weights, double label_smoothing) {
  const bool soft = targets.dim() == logits.dim();
  const auto flat_targets = soft ? targets.flatten(0, -2) : targets.flatten();
  const auto values =
      at::cross_entropy_loss(logits.flatten(0, -2), flat_targets, /*weight=*/{},
                             at::Reduction::None, /*ignore_index=*/-100, label_smoothing);
  return reduce(values.view(logits.sizes().slice(0, logits.dim() - 1)), weights);
}

Loss sigmoid_cross_entropy(const at::Tensor& logits, const at::Tensor& targets,
                           const at::Tensor& weights) {
  return reduce(at::binary_cross_entropy_with_logits(logits, targets.to(logits.scalar_type()), {},
                                                     {}, at::Reduction::None),
                weights);
}

Loss mean_absolute_error(const at::Tensor& outputs, const at::Tensor& targets,
                         const at::Tensor& weights) {
  if (outputs.dim() < 2 || outputs.sizes() != targets.sizes()) {
    throw std::invalid_argument("mean absolute error: outputs and targets must both be [B, ..]");
  }
  return reduce((outputs - targets).abs().flatten(1).mean(1), weights);
}

}  // namespace timetrial::nn
