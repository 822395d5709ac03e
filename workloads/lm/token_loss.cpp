#include "workloads/lm/lm.h"
#include "workloads/nn/losses.h"
#include "workloads/nn/z_loss.h"

namespace timetrial::lm {
namespace {

/// [B, T], 0 where a token or its example is padding.
at::Tensor token_mask(const Batch& batch) {
  const at::Tensor &targets = batch.targets(), &weights = batch.weights();
  return (weights.dim() == 1 ? weights.unsqueeze(1) : weights)
      .expand(targets.sizes())
      .mul(targets.ge(0));
}

}  // namespace

Loss token_loss(const Batch& batch, const at::Tensor& logits, double label_smoothing) {
  const at::Tensor& targets = batch.targets();
  if (logits.dim() != 3 || targets.sizes() != logits.sizes().slice(0, 2)) {
    throw std::invalid_argument("token loss: logits must be [B, T, V] and targets [B, T]");
  }
  if (!(label_smoothing >= 0 && label_smoothing < 1)) {
    throw std::invalid_argument("token loss: label smoothing must be in [0, 1)");
  }
  return nn::softmax_cross_entropy(logits, targets.clamp_min(0), token_mask(batch),
                                   label_smoothing);
}

Loss training_loss(const Batch& batch, const at::Tensor& logits, double label_smoothing,
                   double z_loss) {
  return nn::with_z_loss(token_loss(batch, logits, label_smoothing), logits, token_mask(batch),
                         z_loss);
}

}  // namespace timetrial::lm
