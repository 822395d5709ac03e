#pragma once
// From a model to text: beam search of a batch, and which of its tokens count.
#include "workloads/metrics/beam_search.h"
#include "workloads/transformer/model.h"

namespace timetrial::transformer {

/// The best translation of each row of `inputs` (int64 [B, S], unpacked, 0 is padding) without its
/// start token: int64 [B, max_length - 1]. What follows the first end token means nothing. No
/// gradients, no dropout.
at::Tensor translate(const Transformer& model, const at::Tensor& inputs,
                     const metrics::BeamSearchOptions& options);

/// The tokens that are turned back into text: up to and including the first end token. As in
/// AlgoPerf, of a row without one that is the first token alone.
std::vector<std::int64_t> sentence(std::span<const std::int64_t> row, std::int64_t end_token);

/// How many rows of a padded batch are scored: AlgoPerf takes the number of rows whose first target
/// is no padding, and that many rows from the top. `targets` int64 [B, T].
std::int64_t scored_rows(const at::Tensor& targets);

}  // namespace timetrial::transformer
