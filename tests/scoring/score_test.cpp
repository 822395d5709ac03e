#include "scoring/score.h"

#include "harness/trial/error.h"
#include "scoring/rescoring.h"
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

using TimeMatrix = std::vector<std::vector<double>>;

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
  results.planned_studies = 3;  // two of them missing: three times, one of them finite
  EXPECT_EQ(score(results, {.resamples = 0}).interval_status, "no interval was asked for");
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
    EXPECT_STREQ(error.what(),
                 "unknown scoring mode 'compat'; modes: exact, compat-v0.5, compat-v0.6");
  }
  for (const auto mode : {Mode::exact, Mode::compat_v0_5, Mode::compat_v0_6}) {
    EXPECT_EQ(parse_mode(to_string(mode)), mode);
  }
  EXPECT_THROW(score(results, {.reference_set = {"s1"}}), InputError);
  EXPECT_THROW(score(results, {.baseline = "s1"}), InputError);
  EXPECT_THROW(score(results, {.resamples = -1}), InputError);
}

TEST(Score, NewcomersChangeNobodysScoreAgainstAReferenceSet) {
  std::mt19937_64 random(16);
  for (int round = 0; round < kRounds; ++round) {
    auto times = random_times(random);
    if (times.size() < 2) continue;
    const Options fixed{.reference_set = {"s1"}, .resamples = 0};
    const auto with = scores(test::results_of_times(times), fixed);
    auto fewer = times;
    fewer.resize(2);
    for (const auto& [name, value] : scores(test::results_of_times(fewer), fixed)) {
      EXPECT_EQ(value, with.at(name)) << name << " in round " << round;
    }
  }
}

TEST(Score, NeverSlowerNeverScoresLowerAgainstAReferenceSet) {
  std::mt19937_64 random(17);
  std::uniform_real_distribution<double> gain(0.2, 1);
  for (int round = 0; round < kRounds; ++round) {
    auto times = random_times(random);
    if (times.size() < 2) continue;
    const Options fixed{.reference_set = {"s1"}, .resamples = 0};
    const double before = scores(test::results_of_times(times), fixed)["s0"];
    for (auto& t : times[0]) t = std::isfinite(t) ? t * gain(random) : 50;
    EXPECT_GE(scores(test::results_of_times(times), fixed)["s0"], before - 1e-14)
        << "round " << round;
  }
}

TEST(Score, OfOneSubmissionAgainstAFasterReference) {
  const auto table = score(test::results_of_times({{20, 30}, {10, 10}}),
                           {.reference_set = {"s1"}, .resamples = 0});
  EXPECT_DOUBLE_EQ(table.rows[1].score, (2.0 / 3 + 1.0 / 3) / 2);
}

TEST(Score, LeavingOneOutShowsWhoHangsOnWhom) {
  // s2 is fast on w0 alone and pushes s0 beyond the limit there; without it s0 leads s1.
  const auto table =
      score(test::results_of_times({{50, 10}, {30, 12}, {10, kInf}}), {.resamples = 0});
  ASSERT_EQ(table.leave_one_out.size(), 3u);
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const auto& left = table.leave_one_out[i];
    EXPECT_EQ(left.submission, table.rows[i].submission);
    EXPECT_EQ(left.ranks[i], 0);
    EXPECT_TRUE(std::isnan(left.scores[i]));
    auto others = test::results_of_times({{50, 10}, {30, 12}, {10, kInf}});
    std::erase(others.submissions, left.submission);
    std::erase_if(others.cells, [&](const Cell& c) { return c.submission == left.submission; });
    const auto expected = scores(others);
    for (std::size_t j = 0; j < table.rows.size(); ++j) {
      if (j == i) continue;
      EXPECT_DOUBLE_EQ(left.scores[j], expected.at(table.rows[j].submission));
    }
  }
}

TEST(Score, LeavingOneOutIsScoringWithoutIt) {
  std::mt19937_64 random(23);
  for (int round = 0; round < kRounds; ++round) {
    const auto times = random_times(random);
    if (times.size() < 2) continue;
    const auto table = score(test::results_of_times(times), {.resamples = 0});
    for (const auto& left : table.leave_one_out) {
      auto others = test::results_of_times(times);
      std::erase(others.submissions, left.submission);
      std::erase_if(others.cells, [&](const Cell& c) { return c.submission == left.submission; });
      const auto without = score(others, {.resamples = 0});
      bool reorders = false;
      for (std::size_t j = 0; j < table.rows.size(); ++j) {
        const auto& name = table.rows[j].submission;
        const auto row = std::find_if(without.rows.begin(), without.rows.end(),
                                      [&](const ScoreRow& r) { return r.submission == name; });
        if (row == without.rows.end()) continue;
        EXPECT_EQ(left.scores[j], row->score) << "round " << round;
        EXPECT_EQ(left.ranks[j], row->rank) << "round " << round;
        for (std::size_t k = 0; k < table.rows.size(); ++k) {
          reorders |= left.ranks[k] != 0 && table.rows[j].rank < table.rows[k].rank &&
                      left.ranks[j] > left.ranks[k];
        }
      }
      EXPECT_EQ(left.reorders, reorders) << "round " << round;
    }
  }
}

TEST(Score, CountsWinsOfCountedTimes) {
  const auto table =
      score(test::results_of_times({{10, 40, kInf}, {25, 20, kInf}}), {.resamples = 0});
  EXPECT_EQ(table.wins, (std::vector<std::vector<int>>{{0, 1}, {1, 0}}));
}

TEST(Score, TimeToTheBaselineCountsAMissAsTheBudgetAndASecond) {
  auto results = test::results_of_times({{10, 40}, {20, kInf}});
  for (auto& workload : results.workloads) workload.budget_s = 99;
  const auto table = score(results, {.baseline = "s0", .resamples = 0});
  for (const auto& row : table.rows) {
    ASSERT_TRUE(row.time_to_baseline.has_value());
    const double expected = row.submission == "s0" ? 1 : std::sqrt(2.0 * 100 / 40);
    EXPECT_DOUBLE_EQ(*row.time_to_baseline, expected);
  }
}

TEST(Score, HeldOutVariantsGateAndDoNotCount) {
  auto results = test::results_of_times({{10, kInf}, {20, 20}});
  results.workloads[1].base = results.workloads[0].name;
  const auto by_name = scores(results);
  EXPECT_EQ(by_name.at("s0"), 0);
  EXPECT_EQ(by_name.at("s1"), 1);
}

TEST(Rescoring, TakesOtherTargetsBudgetsAndWorkloads) {
  auto results = test::results_of_times({{10, 40}, {20, 20}});
  const Options options{.workloads = {"w0"}, .targets = {{"w0", 0.9}}, .budgets_s = {{"w0", 15}}};
  const auto other = rescored(results, options);
  ASSERT_EQ(other.workloads.size(), 1u);
  EXPECT_EQ(other.workloads[0].validation_target, 0.9);
  EXPECT_EQ(other.workloads[0].budget_s, 15);
  const auto tight = rescored(results, {.budgets_s = {{"w0", 15}}});
  EXPECT_EQ(scores(tight)["s1"], 0.5);  // 20 s are beyond the budget of 15 s
  EXPECT_EQ(rescored(results, {.budget_factor = 0.5}).workloads[0].budget_s, 0.5e12);
}

TEST(Rescoring, RefusesWhatItCannotUse) {
  const auto results = test::results_of_times({{10, 40}});
  for (const Options& options :
       {Options{.workloads = {"v*"}}, Options{.targets = {{"v", 1}}},
        Options{.budgets_s = {{"w0", 0}}}, Options{.budget_factor = -1},
        Options{.targets = {{"w0", kInf}}}, Options{.mode = Mode::compat_v0_5, .tau_max = 3},
        Options{.mode = Mode::compat_v0_6, .budget_factor = 2}}) {
    EXPECT_THROW(rescored(results, options), InputError);
  }
}

}  // namespace
}  // namespace timetrial::scoring
