#pragma once
// The conformer once more, by the book: one utterance at a time, no padding and no masks, in
// double, in evaluation mode. An independent way to the model's numbers.
#include "workloads/conformer/conformer.h"

namespace timetrial::conformer {

/// The logits of each utterance of the batch, [frames, tokens], without padded frames.
std::vector<at::Tensor> plain_logits(const Config& config, const workloads::Model& model,
                                     const Batch& batch);

}  // namespace timetrial::conformer
