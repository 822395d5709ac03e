#pragma once
// The inner loops of point-wise attention for one instruction set: products of small matrices that
// lie in the processor's caches, and the functions of AttentionForm with their slopes.
//
// No header of LibTorch: its inline functions must not be compiled for an instruction set that
// another machine lacks.

#include <cstdint>

namespace timetrial::nn {

/// Columns of every matrix on the right come in whole groups of as many floats.
constexpr std::int64_t kLane = 16;

/// out = left right, or out += left right; `right` and `out` have rows of neighbours.
struct SmallProduct {
  std::int64_t rows, columns, depth;  ///< columns: a multiple of kLane
  const float* left;
  std::int64_t left_row, left_depth;  ///< strides: of the next row, and of the next factor
  const float* right;                 ///< [depth, columns]
  std::int64_t right_row;
  float* out;  ///< [rows, columns]
  std::int64_t out_row;
  bool add;
};

/// Forms are counted as in AttentionForm after softmax: relu is 0.
constexpr int kPointwiseForms = 7;

struct AttentionLoops {
  void (*multiply)(const SmallProduct&);
  /// scores = h(scores). Sizes are multiples of kLane.
  void (*apply[kPointwiseForms])(float* scores, std::int64_t size);
  /// gradients *= h'(scores), then scores = h(scores).
  void (*apply_slopes[kPointwiseForms])(float* scores, float* gradients, std::int64_t size);
};

const AttentionLoops& baseline_attention_loops();
#ifdef __x86_64__
const AttentionLoops& avx2_attention_loops();
const AttentionLoops& avx512_attention_loops();
#endif

}  // namespace timetrial::nn
