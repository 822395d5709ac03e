#include "harness/study/analysis.h"
#include "tests/harness/study/made_study.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace timetrial::study {
namespace {

struct Losses {
  double large, small;
};

/// Validation losses are those of test, with the small task's 0.1 higher.
Evaluation evaluation(std::int64_t step, const Losses& losses) {
  Evaluation e;
  e.step = step;
  e.metrics = {
      {"validation/large/loss", losses.large}, {"test/large/loss", losses.large},
      {"train/large/loss", losses.large},      {"validation/small/loss", losses.small + 0.1},
      {"test/small/loss", losses.small},       {"train/small/loss", 0.5}};
  return e;
}

class OrderAnalysis : public testing::Test {
 protected:
  OrderAnalysis() {
    results_.study.seeds = 3;
    results_.study.analysis = {
        "order", {"large/loss", "small/loss"}, {"large", "small"}, {{"slack", 1.01}}, {}};
  }

  /// A point whose seeds are `scatter` apart, evaluated in this order.
  void add(const std::string& group, double mix, const std::vector<Losses>& path,
           double scatter = 0.001) {
    auto found = std::find_if(results_.groups.begin(), results_.groups.end(),
                              [&](const Group& g) { return g.run.group == group; });
    if (found == results_.groups.end()) {
      results_.groups.push_back({{group, "s", "w", {}, {}}, {}});
      found = std::prev(results_.groups.end());
    }
    const tuning::Point point{{"mix", mix}};
    found->run.points.push_back(point);
    for (int seed = 0; seed < 3; ++seed) {
      Result result = made_result(point, seed, {});
      result.evaluations.clear();
      for (const auto& losses : path) {
        const double shift = scatter * (seed - 1);
        result.evaluations.push_back(
            evaluation(static_cast<std::int64_t>(result.evaluations.size()) + 1,
                       {losses.large + shift, losses.small + shift}));
      }
      found->results.push_back(std::move(result));
    }
  }

  Findings analyse() { return kOrderAnalysis.analyse(results_); }
  Results results_;
};

TEST_F(OrderAnalysis, ComparesWithTheBestOfStaticRunsEachStoppedWhereItIsBest) {
  add("static", 0.01, {{1.5, 2.0}, {1.2, 2.2}});   // best large task: 1.2
  add("static", 0.4, {{1.5, 1.55}, {1.35, 3.0}});  // best small task, stopped early: 1.55
  add("phased", 0.1, {{1.19, 1.48}});
  const auto findings = analyse();
  EXPECT_NEAR(findings.statistics.at("small_gain").value, 0.07, 1e-9);
  EXPECT_NEAR(findings.statistics.at("large_ratio").value, 1.19 / 1.2, 1e-6);
  EXPECT_EQ(findings.statistics.count("restart_gain"), 0U);
}

TEST_F(OrderAnalysis, APointThatGivesUpTheLargeTaskDoesNotCount) {
  add("static", 0.01, {{1.2, 2.0}});
  add("phased", 0.1, {{1.3, 0.5}});
  add("phased", 0.2, {{1.21, 1.9}});
  EXPECT_NEAR(analyse().statistics.at("small_gain").value, 0.1, 1e-9);
  results_.groups.pop_back();
  add("phased", 0.1, {{1.3, 0.5}});
  const auto findings = analyse();
  EXPECT_EQ(findings.statistics.count("small_gain"), 0U);
  EXPECT_THAT(findings.remarks, testing::SizeIs(1));
}

TEST_F(OrderAnalysis, ControlsAreMeasuredAlike) {
  add("static", 0.01, {{1.2, 2.0}});
  add("phased", 0.1, {{1.2, 1.5}});
  add("restart", 0.1, {{1.2, 2.05}});
  add("other_static", 0.1, {{1, 1}});
  add("other_phased", 0.1, {{1, 1.1}});
  const auto findings = analyse();
  EXPECT_NEAR(findings.statistics.at("restart_gain").value, -0.05, 1e-9);
  EXPECT_NEAR(findings.statistics.at("other_relative_gain").value, -0.1, 1e-3);
}

TEST_F(OrderAnalysis, APointWithAFailedSeedIsLeftOut) {
  add("static", 0.01, {{1.2, 2.0}});
  add("phased", 0.1, {{1.2, 1.0}});
  results_.groups.back().results.back().outcome.kind = OutcomeKind::diverged;
  EXPECT_EQ(analyse().statistics.count("small_gain"), 0U);
}

TEST_F(OrderAnalysis, SaysNothingWithoutResults) {
  results_.groups.push_back({{"static", "s", "w", {}, {}}, {}});
  results_.groups.push_back({{"phased", "s", "w", {}, {}}, {}});
  EXPECT_TRUE(analyse().statistics.empty());
}

}  // namespace
}  // namespace timetrial::study
