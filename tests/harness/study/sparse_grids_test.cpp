// Ten grids of three rates, on losses that are written down.
#include "harness/study/sparse_grids.h"

#include "tests/harness/study/made_study.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace timetrial::study {
namespace {

using testing::HasSubstr;

const tuning::Point kEqual = {{"task_weight_0", 0.5}, {"task_weight_1", 0.5}};

class SparseGrids : public testing::Test {
 protected:
  /// The loss is 1 + the distance of log10(rate) from -2, and the seed's own 0.01, 0, -0.01. Both
  /// tasks have it, less and more.
  static double loss_at(double rate, int seed) {
    return 1 + std::abs(std::log10(rate) + 2) + 0.01 * (1 - seed);
  }

  static void add(Group& group, double rate, tuning::Point point, double worse = 0) {
    point["learning_rate"] = rate;
    group.run.points.push_back(point);
    for (int seed = 0; seed < 3; ++seed) {
      const double loss = loss_at(rate, seed) + worse;
      group.results.push_back(made_result(point, seed,
                                          {{"validation/a/loss", loss - 0.5},
                                           {"validation/b/loss", loss + 0.5},
                                           {"test/a/loss", 2 * loss - 0.3},
                                           {"test/b/loss", 2 * loss + 0.3}}));
    }
  }

  SparseGrids() {
    terms_.metrics = {"a/loss", "b/loss"};
    for (const double rate : {1e-2, 1e-1}) add(front_, rate, kEqual);
    // Of other weights, and so no part of the curve.
    add(front_, 0.02, {{"task_weight_0", 0.9}, {"task_weight_1", 0.1}}, -10);
    for (int k = 1; k <= 10; ++k) {
      for (const double base : {1e-3, 1e-2, 1e-1}) {
        if ((k == 1 && base > 5e-3) || (k == 10 && base < 5e-2)) continue;  // the front's
        add(rates_, k * base, kEqual);
      }
    }
  }

  Findings found() const {
    Findings findings;
    add_sparse_grids(front_, rates_, terms_, findings);
    return findings;
  }

  AnalysisTerms terms_;
  Group front_{{"front", "scalarize", "w", {}, {1000}}, {}};
  Group rates_{{"rates", "scalarize", "w", {}, {1000}}, {}};
};

TEST_F(SparseGrids, ComparesWhatGridsAndWhatSeedsLeaveToChance) {
  const auto findings = found();
  // Of each grid the rate nearest to 0.01, on a logarithmic scale.
  double mean = 0, squares = 0;
  std::vector<double> best;
  for (int k = 1; k <= 10; ++k) {
    const double away = std::log10(k);
    best.push_back(2 * (1 + std::min(away, 1 - away)));
  }
  for (const double loss : best) mean += loss / 10;
  for (const double loss : best) squares += (loss - mean) * (loss - mean);
  const double deviation = std::sqrt(squares / 9);
  EXPECT_NEAR(findings.statistics.at("grid_deviation").value, deviation, 1e-9);
  EXPECT_NEAR(findings.statistics.at("seed_deviation").value, 0.02, 1e-9);
  EXPECT_NEAR(findings.statistics.at("grid_to_seed_ratio").value, deviation / 0.02, 1e-6);
  ASSERT_EQ(findings.tables.size(), 1U);
  const auto& rows = findings.tables[0].rows;
  ASSERT_EQ(rows.size(), 10U);
  EXPECT_EQ(rows[0][2].text, "0.01, 0.01, 0.01");
  EXPECT_EQ(rows[4][2].text, "0.005, 0.005, 0.005");
  EXPECT_EQ(rows[0][1].text, "2.0000");
}

TEST_F(SparseGrids, ValidationChoosesAndNotTheTest) {
  for (auto& result : rates_.results) {
    if (std::abs(result.point.at("learning_rate") - 0.002) > 1e-9) continue;
    result.evaluations.back().metrics["test/a/loss"] = 0;  // which nobody may see
  }
  EXPECT_EQ(found().tables.at(0).rows[1][2].text, "0.02, 0.02, 0.02");
}

TEST_F(SparseGrids, ARateThatDivergedIsNotChosen) {
  for (auto& result : front_.results) {
    if (result.point.at("learning_rate") != 0.01 || result.seed != 1) continue;
    result.outcome.kind = OutcomeKind::diverged;
  }
  const auto findings = found();
  EXPECT_THAT(findings.tables.at(0).rows[9][2].text, HasSubstr("0.01, 0.1, 0.01"));
  EXPECT_GT(findings.statistics.at("seed_deviation").value, 0.019);  // at the next best rate
}

TEST_F(SparseGrids, WithoutOneOfTheRunsThereIsNothingToSay) {
  rates_.results.pop_back();
  EXPECT_TRUE(found().statistics.empty());
  EXPECT_TRUE(found().tables.empty());
}

}  // namespace
}  // namespace timetrial::study
