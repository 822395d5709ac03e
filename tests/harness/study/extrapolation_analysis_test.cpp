// What is foretold of the largest size from made-up logits of the smaller ones.
#include "harness/study/analysis.h"
#include "tests/harness/study/made_study.h"

#include <gtest/gtest.h>

#include <cmath>

namespace timetrial::study {
namespace {

/// Sizes of 10^4 to 10^8 parameters with these log10 logits, and for a second seed half of them.
Results made_results(const std::vector<double>& log_logits) {
  Results results;
  results.study =
      parse(study_text("kind = \"extrapolation\"\nmetrics = [\"loss\"]\ntasks = [\"all\"]\n"
                       "numbers = { a = 1e4, b = 1e5, c = 1e6, d = 1e7, e = 1e8, limit = 4 }\n"
                       "words = { held_out = \"e\" }\n"),
            "made");
  for (std::size_t i = 0; i < log_logits.size(); ++i) {
    Group group;
    group.run.group = std::string(1, static_cast<char>('a' + i));
    for (const int seed : {0, 1}) {
      Result result = made_result({}, seed, {});
      result.evaluations.front().recorded["diagnose/layers.0.attention_logit_max"] =
          std::pow(10, log_logits[i] / (seed + 1));
      group.results.push_back(result);
    }
    results.groups.push_back(group);
  }
  return results;
}

std::map<std::string, Statistic> statistics_of(const std::vector<double>& log_logits) {
  return find_analysis("extrapolation").analyse(made_results(log_logits)).statistics;
}

TEST(ExtrapolationAnalysis, ContinuesAQuadraticInLogarithms) {
  // 1 + (x - 4)^2 / 4 at x = 4, 5, 6, 7, 8: the last one is foretold.
  const auto statistics = statistics_of({1, 1.25, 2, 3.25, 5});
  EXPECT_NEAR(statistics.at("prediction_error").value, 0, 1e-9);
  EXPECT_NEAR(statistics.at("predicted").value, (5 + 2.5) / 2, 1e-9);
  EXPECT_EQ(statistics.at("call_is_right").value, 1);
  // The mean of the four is 1.875, 0.9375 for the second seed.
  EXPECT_NEAR(statistics.at("constant_error").value, (3.125 + 1.5625) / 2, 1e-9);
}

TEST(ExtrapolationAnalysis, SaysWhenItIsWrong) {
  const auto statistics = statistics_of({1, 1.25, 2, 3.25, 12});
  EXPECT_NEAR(statistics.at("prediction_error").value, (7 + 3.5) / 2, 1e-9);
  EXPECT_EQ(statistics.at("call_is_right").value, 0);
}

TEST(ExtrapolationAnalysis, HasNothingToSayWithoutRecords) {
  auto results = made_results({1, 1.25, 2, 3.25, 5});
  for (auto& result : results.groups[1].results) result.evaluations.front().recorded.clear();
  EXPECT_TRUE(find_analysis("extrapolation").analyse(results).statistics.empty());
}

}  // namespace
}  // namespace timetrial::study
