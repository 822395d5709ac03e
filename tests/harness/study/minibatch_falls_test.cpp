#include "harness/study/minibatch_falls.h"

#include "tests/harness/study/made_study.h"

#include <gtest/gtest.h>

#include <cmath>

namespace timetrial::study {
namespace {

/// What a run's ratio is stands in its metrics.
double ratio(const Result& result) { return last_value(result, "ratio"); }

class MinibatchFalls : public testing::Test {
 protected:
  MinibatchFalls() {
    results_.study.analysis.words = {{"minibatch", "all half few"}};
    add("all", 256, {1.01, 0.99, 1.01, 0.99, 1.01, 0.99});
    add("half", 128, {0.91, 0.91, 0.91, 0.91, 0.91, 0.91});
    add("few", 8, {0.45, 0.35, 0.45, 0.35, 0.45, 0.35});
  }

  void add(const std::string& group, double batch_size, const std::vector<double>& ratios) {
    const tuning::Point point{{"batch_size", batch_size}};
    results_.groups.push_back({{group, "s", "w", {point}, {4}}, {}});
    for (std::size_t seed = 0; seed < ratios.size(); ++seed) {
      results_.groups.back().results.push_back(
          made_result(point, static_cast<int>(seed),
                      {{"ratio", ratios[seed]}, {"train/loss", batch_size / 100}}));
    }
  }
  Findings found() const {
    Findings findings;
    add_minibatches(results_, ratio, findings);
    return findings;
  }
  Statistic statistic(const std::string& name) const { return found().statistics.at(name); }
  Results results_;
};

TEST_F(MinibatchFalls, PairsSeedsAndTakesTheLeastFallWithTheLeastEnds) {
  // All to half: 0.1, 0.08, 0.1, …; half to few: 0.46, 0.56, 0.46, ….
  const auto fall = statistic("minibatch_fall");
  EXPECT_NEAR(fall.value, 0.09, 1e-9);
  EXPECT_NEAR(fall.low, 0.09 - 2.571 * 0.01 / std::sqrt(5), 1e-5) << "Student's t, 5 degrees";
  EXPECT_NEAR(statistic("minibatch_total_fall").value, 0.6, 1e-9);
  results_.study.analysis.words["minibatch"] = "all few half";
  EXPECT_NEAR(statistic("minibatch_fall").value, -0.51, 1e-9) << "not monotone in this order";
  EXPECT_LT(statistic("minibatch_fall").high, 0) << "the upper end is of the same pair, not 0.7";
}

TEST_F(MinibatchFalls, ChanceIsTheLargestDifferenceBetweenEvenAndOddSeeds) {
  const auto chance = statistic("minibatch_chance");
  EXPECT_NEAR(chance.value, 0.1, 1e-9) << "of the smallest batch";
  EXPECT_NEAR(chance.low, 0.1, 1e-9) << "all pairs differ alike";
  for (auto& result : results_.groups[2].results) {
    result.evaluations[0].metrics["ratio"] = 0.8 - result.evaluations[0].metrics["ratio"];
  }
  EXPECT_NEAR(statistic("minibatch_chance").value, 0.1, 1e-9) << "of either sign";
  results_.groups[2].results[2].evaluations[0].metrics["ratio"] = 0.6;
  EXPECT_NEAR(statistic("minibatch_chance").low, 0.02, 1e-9) << "few straddles 0 now, all does not";
}

TEST_F(MinibatchFalls, KnowsNothingOfSizesWithARunThatHasNoRatio) {
  results_.groups[1].results[3].outcome.kind = OutcomeKind::diverged;
  const auto findings = found();
  EXPECT_FALSE(findings.statistics.contains("minibatch_fall"));
  EXPECT_FALSE(findings.statistics.contains("minibatch_chance"));
  EXPECT_TRUE(findings.statistics.contains("minibatch_total_fall")) << "of the two others";
  results_.groups[2].results.pop_back();
  EXPECT_FALSE(found().statistics.contains("minibatch_total_fall")) << "a seed without a partner";
}

TEST_F(MinibatchFalls, HasATableAndAPlotBySizeAndNothingWithoutTheWord) {
  const auto findings = found();
  ASSERT_EQ(findings.tables.size(), 1u);
  EXPECT_EQ(findings.tables[0].rows[1][0].text, "128");
  EXPECT_EQ(findings.tables[0].rows[1][3].text, "1.28");
  ASSERT_EQ(findings.plots.size(), 1u);
  EXPECT_EQ(findings.plots[0].second.series[0].points.size(), 18u);
  EXPECT_EQ(findings.plots[0].second.series[1].points[2].x, 8);
  results_.study.analysis.words.clear();
  EXPECT_TRUE(found().statistics.empty() && found().tables.empty() && found().plots.empty());
}

}  // namespace
}  // namespace timetrial::study
