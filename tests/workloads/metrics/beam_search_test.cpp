// Beam search against AlgoPerf's recorded searches, and against trying every sequence.
#include "workloads/metrics/beam_search.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/recorded_checks.h"

namespace timetrial::metrics {
namespace {

const std::filesystem::path kRecord = std::filesystem::path(TIMETRIAL_SOURCE_DIR) /
                                      "tests/workloads/metrics/fixtures/metric_beam_search.json";

TEST(BeamSearch, IsAlgoPerfs) { test::expect_recorded(kRecord); }

TEST(BeamSearch, TheCheckCanFail) {
  auto record = test::read_record(kRecord);
  record["cases"][0]["sequences"][1][2][1] = 5;
  EXPECT_FALSE(test::all_passed(test::recorded_checks(record, kRecord)));
  record = test::read_record(kRecord);
  record["cases"][1]["scores"][0][0] = -1.0;
  EXPECT_FALSE(test::all_passed(test::recorded_checks(record, kRecord)));
}

/// Logits that depend on the whole past: what keep() says is followed row by row.
class RememberingDecoder final : public BeamDecoder {
 public:
  static constexpr std::int64_t kVocabulary = 4;

  explicit RememberingDecoder(std::int64_t rows) : past_(rows) {}

  at::Tensor next_logits(const at::Tensor& tokens) override {
    at::Tensor logits = at::empty({tokens.size(0), kVocabulary});
    for (std::int64_t row = 0; row < tokens.size(0); ++row) {
      auto& past = past_[static_cast<std::size_t>(row)];
      past.push_back(tokens[row].item<std::int64_t>());
      logits[row].copy_(of(past));
    }
    return logits;
  }

  void keep(const at::Tensor& rows) override {
    const auto old = past_;
    for (std::int64_t row = 0; row < rows.size(0); ++row) {
      past_[static_cast<std::size_t>(row)] =
          old[static_cast<std::size_t>(rows[row].item<std::int64_t>())];
    }
  }

  static at::Tensor of(const std::vector<std::int64_t>& past) {
    double code = 1;
    for (const std::int64_t token : past) code = std::fmod(code * 7.3 + double(token) + 1, 101.0);
    return at::arange(kVocabulary, at::kFloat).add(code).mul(12.9898).sin().mul(2);
  }

 private:
  std::vector<std::vector<std::int64_t>> past_;
};

/// The best score of all sequences that end within `max_length` positions.
double best_of_all(std::vector<std::int64_t> past, double log_probability,
                   const BeamSearchOptions& options) {
  double best = -1e9;
  const at::Tensor next = RememberingDecoder::of(past).log_softmax(0);
  for (std::int64_t token = 0; token < RememberingDecoder::kVocabulary; ++token) {
    const double total = log_probability + next[token].item<double>();
    if (token == options.end_token) {
      const double length = static_cast<double>(past.size());
      best = std::max(best, total / std::pow((5 + length) / 6, options.alpha));
    } else if (static_cast<std::int64_t>(past.size()) < options.max_length - 1) {
      past.push_back(token);
      best = std::max(best, best_of_all(past, total, options));
      past.pop_back();
    }
  }
  return best;
}

TEST(BeamSearch, WithEnoughBeamsFindsTheBestOfAll) {
  BeamSearchOptions options;
  options.max_length = 5;
  options.beams = 81;  // every live sequence of four tokens out of three
  RememberingDecoder decoder(options.beams);
  // 2 * 81 candidates are more than one step of one live beam has: the rest are placeholders.
  const Beams found = beam_search(decoder, 1, options, at::kCPU);
  EXPECT_NEAR(found.scores[0][options.beams - 1].item<double>(), best_of_all({0}, 0, options),
              1e-5);
}

TEST(BeamSearch, FewBeamsFollowTheirPasts) {
  BeamSearchOptions options;
  options.max_length = 8;
  options.beams = 2;
  RememberingDecoder decoder(2);
  const Beams found = beam_search(decoder, 1, options, at::kCPU);
  // The score of the best sequence is that of its tokens: no beam took another one's past.
  const at::Tensor best = found.sequences[0][1];
  std::vector<std::int64_t> past = {0};
  double total = 0;
  for (std::int64_t t = 1; t < options.max_length; ++t) {
    const auto token = best[t].item<std::int64_t>();
    total += RememberingDecoder::of(past).log_softmax(0)[token].item<double>();
    past.push_back(token);
    if (token == options.end_token) break;
  }
  ASSERT_EQ(past.back(), options.end_token);
  const double length = static_cast<double>(past.size() - 1);
  EXPECT_NEAR(found.scores[0][1].item<double>(), total / std::pow((5 + length) / 6, 0.6), 1e-5);
}

TEST(BeamSearch, RefusesNothingToSearch) {
  RememberingDecoder decoder(1);
  BeamSearchOptions options;
  options.beams = 0;
  EXPECT_THROW(beam_search(decoder, 1, options, at::kCPU), std::invalid_argument);
  options.beams = 1;
  options.max_length = 1;
  EXPECT_THROW(beam_search(decoder, 1, options, at::kCPU), std::invalid_argument);
}

}  // namespace
}  // namespace timetrial::metrics
