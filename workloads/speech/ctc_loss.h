#pragma once
// Connectionist temporal classification: the negative log-likelihood, in nats, of a transcript
// summed over all its alignments with the frames.
//
// Shapes   logits [B, T, tokens]; logit_paddings [B, T]; targets [B, S], token ids; target_paddings
//          [B, S]; paddings are 1 where padded and come last
// Source   Graves et al. 2006, "Connectionist Temporal Classification"; AlgoPerf's loss_fn of
//          librispeech_conformer (commit 2c90454fc05d)
//
// The blank is token 0. A transcript that does not fit its frames has an infinite loss.
// Gradients come from LibTorch's kernel; where they are to be differentiated again, from a
// recursion of ordinary operations.

#include <ATen/core/Tensor.h>
#include <timetrial/training.h>

namespace timetrial::speech {

/// `per_example` is [B], not divided by the transcript's length. The divisor follows AlgoPerf's
/// PyTorch code: without a mask (undefined) the number of target tokens; with one, [B] of 0 and 1,
/// the number of selected examples that have a target. It is at least 1.
Loss masked_ctc_loss(const at::Tensor& logits, const at::Tensor& logit_paddings,
                     const at::Tensor& targets, const at::Tensor& target_paddings,
                     const at::Tensor& mask);

}  // namespace timetrial::speech
