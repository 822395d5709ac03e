#pragma once
// DeepSpeech once more, by the book: one utterance at a time, no padding, no packing, in double, in
// evaluation mode. An independent way to the model's numbers.
#include "workloads/deepspeech/deepspeech.h"

namespace timetrial::deepspeech {

/// An LSTM frame by frame, from the first to the last or, `backward`, from the last to the first:
/// [T, hidden] in the order of x [T, in].
at::Tensor plain_lstm(const std::vector<at::Tensor>& weights, const at::Tensor& x, bool backward);

/// The logits of each utterance of the batch, [frames, tokens], without padded frames.
std::vector<at::Tensor> plain_logits(const Config& config, const workloads::Model& model,
                                     const Batch& batch);

}  // namespace timetrial::deepspeech
