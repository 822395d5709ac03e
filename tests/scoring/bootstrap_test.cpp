#include "scoring/bootstrap.h"

#include "scoring/score.h"
#include "tests/support/example_results.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace timetrial::scoring {
namespace {

constexpr double kInf = INFINITY;

Field field_of(std::size_t submissions, std::size_t columns) {
  Field field;
  field.base_of.assign(columns, Field::kScored);
  field.competes.assign(submissions, 1);
  field.is_reference.assign(submissions, 1);
  return field;
}

TEST(Bootstrap, HasNoWidthWhenStudiesAgree) {
  const auto result = bootstrap(field_of(2, 1), {{10, 10, 10}, {20, 20, 20}}, {.resamples = 50});
  EXPECT_EQ(result.score[0].low, 1);
  EXPECT_EQ(result.score[0].high, 1);
  EXPECT_DOUBLE_EQ(result.score[1].low, 2.0 / 3);
  EXPECT_DOUBLE_EQ(result.score[1].high, 2.0 / 3);
  EXPECT_EQ(result.rank[1].low, 2);
  EXPECT_EQ(result.first[0], 1);
  EXPECT_EQ(result.same_order, 1);
}

TEST(Bootstrap, SharesTheFirstPlaceAmongEquals) {
  const auto result = bootstrap(field_of(2, 1), {{10, 10}, {10, 10}}, {.resamples = 10});
  EXPECT_DOUBLE_EQ(result.first[0], 0.5);
  EXPECT_DOUBLE_EQ(result.first[1], 0.5);
}

/// Of an odd number of studies the median is drawn in one step, of an even one draw by draw: both
/// must have the frequencies that drawing with replacement gives, here counted by brute force.
TEST(Bootstrap, DrawsMediansAsOftenAsDrawingStudiesDoes) {
  constexpr int kResamples = 200'000;
  for (const std::size_t n : {2u, 3u, 4u, 5u}) {
    SCOPED_TRACE(n);
    // The second submission takes 1; the first's time decides who is first. P(median <= 1) is what
    // `first` measures.
    std::vector<double> studies;
    for (std::size_t i = 0; i < n; ++i) studies.push_back(i + 1 <= n / 2 ? 0.5 : 2.0);
    std::size_t outcomes = 0, wins = 0;
    std::vector<std::size_t> digits(n, 0);
    while (true) {
      std::vector<double> drawn;
      for (const auto d : digits) drawn.push_back(studies[d]);
      wins += median(drawn) < 1 ? 1 : 0;
      ++outcomes;
      std::size_t at = 0;
      while (at < n && ++digits[at] == n) digits[at++] = 0;
      if (at == n) break;
    }
    const double expected = static_cast<double>(wins) / static_cast<double>(outcomes);
    const auto result = bootstrap(field_of(2, 1), {studies, {1}}, {.resamples = kResamples});
    const double sigma = std::sqrt(expected * (1 - expected) / kResamples);
    EXPECT_NEAR(result.first[0], expected, 5 * sigma);
  }
}

TEST(Bootstrap, IsAFunctionOfTheSeed) {
  const std::vector<std::vector<double>> times{{10, 14, 19}, {12, 13, 15}};
  const auto a = bootstrap(field_of(2, 1), times, {.resamples = 500, .seed = 3});
  const auto b = bootstrap(field_of(2, 1), times, {.resamples = 500, .seed = 3});
  const auto c = bootstrap(field_of(2, 1), times, {.resamples = 500, .seed = 4});
  EXPECT_EQ(a.first, b.first);
  EXPECT_NE(a.first, c.first);
}

TEST(Bootstrap, LosesTheTargetWhereMostStudiesDoNot) {
  // Three of five reach it: the point median is finite, and drawn anew it often is not.
  const auto result = bootstrap(field_of(1, 1), {{10, 10, 10, kInf, kInf}}, {.resamples = 20'000});
  EXPECT_EQ(result.score[0].low, 0);
  EXPECT_EQ(result.score[0].high, 1);
}

TEST(Bootstrap, CoversTheScoreOfEveryRow) {
  const auto results = test::example_results({.studies = 5});
  const auto table = score(results, {.resamples = 2000});
  for (const auto& row : table.rows) {
    SCOPED_TRACE(row.submission);
    ASSERT_TRUE(row.score_interval.has_value());
    EXPECT_LE(row.score_interval->low, row.score + 1e-12);
    EXPECT_GE(row.score_interval->high, row.score - 1e-12);
    EXPECT_LE(row.rank_interval->low, row.rank_interval->high);
  }
  EXPECT_EQ(table.interval_status, "95 % bootstrap over studies, 2000 resamples, seed 1");
}

}  // namespace
}  // namespace timetrial::scoring
