#include "scoring/score.h"

#include "harness/trial/error.h"
#include "tests/support/example_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

namespace timetrial::scoring {
namespace {

constexpr double kInf = INFINITY;
constexpr int kRounds = 200;

std::map<std::string, double> scores(const Results& results, const Options& options = {}) {
  std::map<std::string, double> by_name;
  for (const auto& row : score(results, options).rows) by_name[row.submission] = row.score;
  return by_name;
}

TimeMatrix random_times(std::mt19937_64& random) {
  std::uniform_int_distribution<std::size_t> submissions(1, 6), workloads(1, 8);
  std::lognormal_distribution<double> time(4, 1);
  std::bernoulli_distribution missed(0.15);
  TimeMatrix times(submissions(random), std::vector<double>(workloads(random)));
  for (auto& row : times) {
    for (auto& t : row) t = missed(random) ? kInf : time(random);
  }
  return times;
}

TEST(Score, OfAHandComputedSweep) {
  // ratios: s0 {1, 2}, s1 {2.5, 1}, s2 {inf, 4}
  const auto table = score(test::results_of_times({{10, 40}, {25, 20}, {kInf, 80}}));
  ASSERT_EQ(table.rows.size(), 3u);
  EXPECT_EQ(table.rows[0].submission, "s0");
  EXPECT_DOUBLE_EQ(table.rows[0].score, (1 + 2.0 / 3) / 2);
  EXPECT_DOUBLE_EQ(table.rows[0].mean_ratio, std::sqrt(2.0));
  EXPECT_EQ(table.rows[0].reached, 2);
  EXPECT_DOUBLE_EQ(table.rows[1].score, (0.5 + 1) / 2);
  EXPECT_EQ(table.rows[2].score, 0);
  EXPECT_EQ(table.rows[2].reached, 1);
  EXPECT_DOUBLE_EQ(table.rows[2].mean_ratio, 4);
}

TEST(Score, EqualScoresShareTheBetterRank) {
  const auto table = score(test::results_of_times({{20}, {10}, {10}, {kInf}}));
  std::vector<std::pair<std::string, int>> ranks;
  for (const auto& row : table.rows) ranks.emplace_back(row.submission, row.rank);
  EXPECT_THAT(ranks, testing::ElementsAre(std::pair("s1", 1), std::pair("s2", 1),
                                          std::pair("s0", 3), std::pair("s3", 4)));
}

TEST(Score, ReachedByNobodyStillCountsInTheDivisor) {
  EXPECT_DOUBLE_EQ(scores(test::results_of_times({{10, kInf}}))["s0"], 0.5);
}

TEST(Score, CostSumsAllTrials) {
  auto results = test::results_of_times({{10, 40}});
  results.cells[0].studies[0].trials[0].evaluation_time_s = 3;
  auto open = test::finished_trial(1, {{7, 1, 0.0}});
  open.outcome.reset();
  results.cells[1].studies[0].trials.push_back(open);
  const auto row = score(results).rows[0];
  EXPECT_EQ(row.submission_time_s, 57);
  EXPECT_EQ(row.evaluation_time_s, 3);
}

TEST(Score, SaysWhyThereIsNoInterval) {
  EXPECT_EQ(score(test::results_of_times({{1}})).interval_status, "1 study: no interval");
  auto results = test::results_of_times({{1}});
  results.planned_studies = 3;
  EXPECT_EQ(score(results).interval_status, "3 studies: this version computes no interval");
}

TEST(Score, LiesBetweenZeroAndOne) {
  std::mt19937_64 random(11);
  for (int round = 0; round < kRounds; ++round) {
    for (const auto& [name, value] : scores(test::results_of_times(random_times(random)))) {
      EXPECT_GE(value, 0) << name << " in round " << round;
      EXPECT_LE(value, 1) << name << " in round " << round;
    }
  }
}

TEST(Score, DoesNotDependOnNames) {
  std::mt19937_64 random(12);
  for (int round = 0; round < kRounds; ++round) {
    auto results = test::results_of_times(random_times(random));
    const auto before = scores(results);
    for (auto& name : results.submissions) name = "z" + name;
    for (auto& workload : results.workloads) workload.name = "a" + workload.name;
    for (auto& cell : results.cells) {
      cell.submission = "z" + cell.submission;
      cell.workload = "a" + cell.workload;
    }
    const auto after = scores(results);
    for (const auto& [name, value] : before) EXPECT_EQ(after.at("z" + name), value);
  }
}

TEST(Score, DoesNotDependOnOrder) {
  std::mt19937_64 random(13);
  for (int round = 0; round < kRounds; ++round) {
    auto results = test::results_of_times(random_times(random));
    const auto before = scores(results);
    std::shuffle(results.submissions.begin(), results.submissions.end(), random);
    std::shuffle(results.workloads.begin(), results.workloads.end(), random);
    std::shuffle(results.cells.begin(), results.cells.end(), random);
    for (const auto& [name, value] : scores(results)) EXPECT_NEAR(value, before.at(name), 1e-14);
  }
}

TEST(Score, DoesNotDependOnTheUnitOfTime) {
  std::mt19937_64 random(14);
  for (int round = 0; round < kRounds; ++round) {
    auto times = random_times(random);
    const auto before = scores(test::results_of_times(times));
    std::uniform_real_distribution<double> factor(0.01, 100);
    for (std::size_t w = 0; w < times[0].size(); ++w) {
      const double f = factor(random);  // one for each workload: columns are normalised apart
      for (auto& row : times) row[w] *= f;
    }
    for (const auto& [name, value] : scores(test::results_of_times(times))) {
      EXPECT_NEAR(value, before.at(name), 1e-12);
    }
  }
}

TEST(Score, NeverSlowerNeverScoresLowerAgainstAFixedField) {
  std::mt19937_64 random(15);
  std::uniform_real_distribution<double> gain(0.2, 1);
  for (int round = 0; round < kRounds; ++round) {
    auto times = random_times(random);
    const double before = scores(test::results_of_times(times))["s0"];
    for (auto& t : times[0]) t = std::isfinite(t) ? t * gain(random) : 50;
    EXPECT_GE(scores(test::results_of_times(times))["s0"], before - 1e-14) << "round " << round;
  }
}

TEST(Score, RefusesWhatCannotBeScored) {
  EXPECT_THROW(score(Results{}), InputError);
  const auto results = test::results_of_times({{1}});
  EXPECT_THROW(score(results, {.tau_max = 1}), InputError);
  EXPECT_THROW(score(results, {.tau_max = kInf}), InputError);
  try {
    parse_mode("compat");
    FAIL() << "accepted an unknown mode";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "unknown scoring mode 'compat'; modes: exact");
  }
  EXPECT_EQ(parse_mode("exact"), Mode::exact);
}

}  // namespace
}  // namespace timetrial::scoring
