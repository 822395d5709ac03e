#pragma once
// CTC loss and word error rates of a speech recogniser over a split, batch by batch.
//
//   RecognitionSums sums(detokenise);
//   for (…) sums.add(batch, model.forward(batch, evaluation));
//   return sums.results();   // {"ctc_loss": 0.31, "wer": 0.12, "plain_wer": 0.13}
//
// Sums are kept in double or as integers, so that the batch size moves a result by rounding only.

#include "workloads/metrics/word_errors.h"

#include <timetrial/batch.h>
#include <timetrial/training.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace timetrial::speech {

/// Token ids to text. Ids are what a model can output or a transcript can hold, without padding.
using Detokeniser = std::function<std::string(const std::vector<std::int64_t>&)>;

class RecognitionSums {
 public:
  explicit RecognitionSums(Detokeniser detokenise) : detokenise_(std::move(detokenise)) {}

  /// `batch` has targets int64 [B, S] and target_paddings [B, S]; `output` logits and paddings.
  /// Decodes greedily.
  void add(const Batch& batch, const ModelOutput& output);

  std::int64_t examples() const { return examples_; }
  /// `ctc_loss`: nats per target token; `wer`: AlgoPerf's word error rate (metrics/word_errors.h);
  /// `plain_wer`: the ordinary one. NaN before the first example.
  std::map<std::string, double> results() const;

 private:
  Detokeniser detokenise_;
  std::int64_t examples_ = 0;
  double nats_ = 0, tokens_ = 0;
  metrics::WordErrors printed_, plain_;
};

}  // namespace timetrial::speech
