#pragma once
// Beam search over token sequences, as AlgoPerf translates with it (its PyTorch port of Flax's
// examples/wmt/decode.py): among all continuations of the live beams the 2 * beams most probable
// are kept; those that end go to the finished ones, ranked by
//
//   log probability / ((5 + length) / 6)^alpha
//
// with the length in tokens up to and including the end token. The search stops at max_length, or
// when the worst finished score of every row beats its best live log probability over the penalty
// at max_length. Float32 throughout, with -1e7 for what must not be chosen.
//
// Shapes   B rows, K beams of each, V vocabulary, L max_length
// Source   Wu et al. 2016 (arXiv 1609.08144), section 7, without the coverage penalty
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace timetrial::metrics {

struct BeamSearchOptions {
  std::int64_t beams = 4;
  double alpha = 0.6;             ///< exponent of the length penalty
  std::int64_t end_token = 2;     ///< SentencePiece's default
  std::int64_t max_length = 256;  ///< of a sequence, with the start token
};

/// Whatever predicts the next token. Row b * K + k is beam k of row b. Calls come in the order
/// (next_logits keep)*.
class BeamDecoder {
 public:
  virtual ~BeamDecoder() = default;
  /// `tokens` int64 [B * K], the last of each beam; the first are 0. Returns logits [B * K, V].
  virtual at::Tensor next_logits(const at::Tensor& tokens) = 0;
  /// The next row i continues what was row rows[i], int64 [B * K].
  virtual void keep(const at::Tensor& rows) = 0;
};

struct Beams {
  /// int64 [B, K, L], increasing score: the best one last. Begins with the start token 0; what
  /// follows the first end token repeats it and means nothing.
  at::Tensor sequences;
  /// float32 [B, K]; log probabilities in rows where nothing finished, whose live beams these are.
  at::Tensor scores;
  std::int64_t steps = 0;  ///< calls of next_logits
};

/// Throws std::invalid_argument for beams < 1, max_length < 2, or K * V < 2 K.
Beams beam_search(BeamDecoder& decoder, std::int64_t rows, const BeamSearchOptions& options,
                  c10::Device device);

}  // namespace timetrial::metrics
