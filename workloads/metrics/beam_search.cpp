#include "workloads/metrics/beam_search.h"

#include <cmath>
#include <stdexcept>
#include <tuple>

namespace timetrial::metrics {
namespace {

/// What must not be chosen. Finite, so that rows with nothing to choose from stay ordered.
constexpr double kNever = -1e7;

float length_penalty(double alpha, std::int64_t length) {
  return std::pow((5.0f + static_cast<float>(length)) / 6.0f, static_cast<float>(alpha));
}

/// x [B, N, ..] at indices [B, M] of the second dimension -> [B, M, ..].
at::Tensor pick(const at::Tensor& x, const at::Tensor& indices) {
  if (x.dim() == 2) return x.gather(1, indices);
  return x.gather(1, indices.unsqueeze(-1).expand({-1, -1, x.size(2)}));
}

/// Indices of the `count` largest, the largest last.
at::Tensor best(const at::Tensor& scores, std::int64_t count) {
  return std::get<1>(scores.topk(count)).flip(1);
}

class Search {
 public:
  Search(std::int64_t rows, const BeamSearchOptions& options, c10::Device device)
      : rows_(rows), options_(options) {
    const auto float32 = at::TensorOptions(at::kFloat).device(device);
    const auto whole = float32.dtype(at::kLong);
    // One live beam, the empty one; the others must lose against all that it leads to.
    live_scores_ = at::full({rows, options.beams}, kNever, float32);
    live_scores_.select(1, 0).zero_();
    finished_scores_ = at::full({rows, options.beams}, kNever, float32);
    live_ = at::zeros({rows, options.beams, options.max_length}, whole);
    finished_ = live_.clone();
    is_finished_ = at::zeros({rows, options.beams}, float32.dtype(at::kBool));
    first_row_ = at::arange(rows, whole).mul(options.beams).unsqueeze(1);
  }

  bool done() const {
    if (length_ >= options_.max_length - 1) return true;
    // A live beam can't score better than if it were as long as can be.
    const at::Tensor reachable = live_scores_.narrow(1, options_.beams - 1, 1) /
                                 length_penalty(options_.alpha, options_.max_length);
    const at::Tensor worst = at::where(is_finished_, finished_scores_.amin({1}, true),
                                       at::full({}, kNever, finished_scores_.options()));
    return worst.gt(reachable).all().item<bool>();
  }

  void step(BeamDecoder& decoder) {
    const at::Tensor logits = decoder.next_logits(live_.select(2, length_).flatten());
    const std::int64_t vocabulary = logits.size(-1);
    if (vocabulary < 2) throw std::invalid_argument("beam search: needs at least 2 tokens");
    const at::Tensor log_probabilities =
        logits.log_softmax(-1).view({rows_, options_.beams, vocabulary}) +
        live_scores_.unsqueeze(2);
    const auto [scores, chosen] = log_probabilities.flatten(1).topk(2 * options_.beams);
    const at::Tensor beams = chosen.floor_divide(vocabulary);
    const at::Tensor tokens = chosen.remainder(vocabulary);
    const at::Tensor candidates = pick(live_, beams);
    // The rest of the row too: AlgoPerf's rows repeat their last token.
    candidates.narrow(2, length_ + 1, options_.max_length - length_ - 1).copy_(tokens.unsqueeze(2));
    const at::Tensor ended = tokens.eq(options_.end_token);

    finish(candidates, scores, ended);
    const at::Tensor live_only = scores + ended * kNever;
    const at::Tensor surviving = best(live_only, options_.beams);
    live_ = pick(candidates, surviving);
    live_scores_ = pick(live_only, surviving);
    decoder.keep((pick(beams, surviving) + first_row_).flatten());
    ++length_;
  }

  Beams result() const {
    const at::Tensor any = is_finished_.any(1, true);
    return {at::where(any.unsqueeze(2), finished_, live_),
            at::where(any, finished_scores_, live_scores_), length_};
  }

 private:
  /// Lets the candidates that ended compete with what had finished.
  void finish(const at::Tensor& candidates, const at::Tensor& scores, const at::Tensor& ended) {
    const at::Tensor penalised =
        scores / length_penalty(options_.alpha, length_ + 1) + ended.logical_not() * kNever;
    const at::Tensor all_scores = at::cat({finished_scores_, penalised}, 1);
    const at::Tensor kept = best(all_scores, options_.beams);
    finished_ = pick(at::cat({finished_, candidates}, 1), kept);
    finished_scores_ = pick(all_scores, kept);
    is_finished_ = pick(at::cat({is_finished_, ended}, 1), kept);
  }

  std::int64_t rows_;
  BeamSearchOptions options_;
  std::int64_t length_ = 0;        // tokens after the start token
  at::Tensor live_, live_scores_;  // [B, K, L], [B, K]: log probabilities
  at::Tensor finished_, finished_scores_;
  at::Tensor is_finished_;  // [B, K]: which of finished_ are more than placeholders
  at::Tensor first_row_;    // [B, 1]: of the decoder's rows
};

}  // namespace

Beams beam_search(BeamDecoder& decoder, std::int64_t rows, const BeamSearchOptions& options,
                  c10::Device device) {
  if (options.beams < 1 || options.max_length < 2) {
    throw std::invalid_argument("beam search: needs at least 1 beam and 2 positions");
  }
  Search search(rows, options, device);
  while (!search.done()) search.step(decoder);
  return search.result();
}

}  // namespace timetrial::metrics
