#pragma once
// Greedy decoding of a CTC model: the best token of each frame, repeats merged, blanks dropped.
//
// Source  Graves et al. 2006, section 3.2 ("best path decoding"); AlgoPerf's greedy_decode of
//         librispeech_conformer (commit 2c90454fc05d)

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace timetrial::metrics {

/// logits [B, T, tokens] and paddings [B, T], 1 where padded, which counts as a blank (token 0):
/// the tokens of each example. Equal tokens count once unless a blank is between them.
std::vector<std::vector<std::int64_t>> ctc_greedy_decode(const at::Tensor& logits,
                                                         const at::Tensor& paddings);

}  // namespace timetrial::metrics
