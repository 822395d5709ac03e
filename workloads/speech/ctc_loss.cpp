#include "workloads/speech/ctc_loss.h"

#include "workloads/nn/twice_differentiable.h"

namespace timetrial::speech {
namespace {

constexpr std::int64_t kBlank = 0;

at::Tensor lengths(const at::Tensor& paddings) { return (1 - paddings).sum(1).to(at::kLong); }

/// Log of 0, finite so that differences of two remain numbers.
constexpr double kImpossible = -1e30;

struct Transcripts {
  at::Tensor tokens, lengths;  ///< int64 [B, S] and [B]
  at::Tensor frames;           ///< int64 [B]
};

/// `by` places to the right along the last dimension, the front impossible.
at::Tensor shifted(const at::Tensor& scores, std::int64_t by) {
  return at::constant_pad_nd(scores.slice(1, 0, scores.size(1) - by), {by, 0}, kImpossible);
}

/// The negative log-likelihoods [B] by the forward recursion over the transcript with blanks
/// between (Graves et al., equations 5 to 8), of ordinary operations. A transcript that does not
/// fit has a large loss, not an infinite one.
at::Tensor by_recursion(const at::Tensor& log_probabilities, const Transcripts& transcripts) {
  const auto& tokens = transcripts.tokens;
  const std::int64_t examples = tokens.size(0), states = 2 * tokens.size(1) + 1;
  const auto labels = at::full({examples, states}, kBlank, tokens.options());
  labels.slice(1, 1, std::nullopt, 2).copy_(tokens);
  // From the token before the last blank, unless it is the same one.
  const auto repeats = at::constant_pad_nd(labels.slice(1, 2).eq(labels.slice(1, 0, states - 2)),
                                           {2, 0}, /*value=*/1);
  const auto emitted = log_probabilities.gather(
      2, labels.unsqueeze(0).expand({log_probabilities.size(0), examples, states}));
  const auto start = at::arange(states, tokens.options()).ge(2);
  at::Tensor scores = emitted[0].masked_fill(start, kImpossible);
  for (std::int64_t t = 1; t < emitted.size(0); ++t) {
    const auto skipped = shifted(scores, 2).masked_fill(repeats.to(at::kBool), kImpossible);
    const auto next = emitted[t] + at::stack({scores, shifted(scores, 1), skipped}).logsumexp(0);
    scores = at::where(transcripts.frames.gt(t).unsqueeze(1), next, scores);
  }
  const auto last = (2 * transcripts.lengths).unsqueeze(1);
  const auto before =
      scores.gather(1, (last - 1).clamp_min(0)).masked_fill(last.eq(0), kImpossible);
  return at::cat({scores.gather(1, last), before}, 1).logsumexp(1).neg();
}

/// LibTorch's kernel, whose gradient it cannot differentiate.
at::Tensor by_kernel(const at::Tensor& log_probabilities, const Transcripts& transcripts) {
  return at::ctc_loss(log_probabilities, transcripts.tokens, transcripts.frames,
                      transcripts.lengths, kBlank, at::Reduction::None, /*zero_infinity=*/false);
}

}  // namespace

Loss masked_ctc_loss(const at::Tensor& logits, const at::Tensor& logit_paddings,
                     const at::Tensor& targets, const at::Tensor& target_paddings,
                     const at::Tensor& mask) {
  const Transcripts transcripts = {targets.to(at::kLong), lengths(target_paddings),
                                   lengths(logit_paddings)};
  Loss loss;
  loss.per_example = nn::twice_differentiable(
      {at::log_softmax(logits, -1).transpose(0, 1)},
      [=](const auto& inputs) { return by_kernel(inputs[0], transcripts); },
      [=](const auto& inputs) { return by_recursion(inputs[0], transcripts); });
  at::Tensor counted = transcripts.lengths;
  if (mask.defined()) {
    loss.per_example = loss.per_example * mask;
    counted = mask.logical_and(transcripts.lengths);
  }
  loss.summed = loss.per_example.sum();
  loss.valid_examples = counted.sum().to(loss.summed.scalar_type()).clamp_min(1);
  loss.per_task = {loss.mean()};
  return loss;
}

}  // namespace timetrial::speech
