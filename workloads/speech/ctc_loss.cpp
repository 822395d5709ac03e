#include "workloads/speech/ctc_loss.h"

namespace timetrial::speech {
namespace {

constexpr std::int64_t kBlank = 0;

at::Tensor lengths(const at::Tensor& paddings) { return (1 - paddings).sum(1).to(at::kLong); }

}  // namespace

Loss masked_ctc_loss(const at::Tensor& logits, const at::Tensor& logit_paddings,
                     const at::Tensor& targets, const at::Tensor& target_paddings,
                     const at::Tensor& mask) {
  const auto log_probabilities = at::log_softmax(logits, -1).transpose(0, 1);
  const auto target_lengths = lengths(target_paddings);
  Loss loss;
  loss.per_example = at::ctc_loss(log_probabilities, targets.to(at::kLong), lengths(logit_paddings),
                                  target_lengths, kBlank, at::Reduction::None,
                                  /*zero_infinity=*/false);
  at::Tensor counted = target_lengths;
  if (mask.defined()) {
    loss.per_example = loss.per_example * mask;
    counted = mask.logical_and(target_lengths);
  }
  loss.summed = loss.per_example.sum();
  loss.valid_examples = counted.sum().to(loss.summed.scalar_type()).clamp_min(1);
  loss.per_task = {loss.mean()};
  return loss;
}

}  // namespace timetrial::speech
