#include "harness/study/analysis.h"
#include "harness/study/page.h"
#include "tests/harness/study/made_study.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace timetrial::study {
namespace {

using testing::HasSubstr;

class CurvatureAnalysis : public testing::Test {
 protected:
  CurvatureAnalysis() {
    results_.study = parse(study_text("kind = \"curvature\"\nmetrics = [\"loss\"]\n"
                                      "tasks = [\"all\"]\nnumbers = { low = 0.95, high = 1.06 }\n"
                                      "words = { arrived = \"adam plain\", unreached = \"slow\", "
                                      "misjudged = \"adam\", flat = \"plain\", advancing = "
                                      "\"adam\" }\n"),
                           "made.toml");
    results_.study.runs.clear();
    results_.study.gates.clear();
    add("adam", 0.01, 3800, {0.5, 0.96, 1, 1.02}, {2, 4, 5, 6});
    add("plain", 0.5, 4, {1.3, 1, 1, 0.98}, {5.2, 4, 4.04, 3.96});
    add("slow", 0.001, 38000, {0.1, 0.2, 0.3, 0.4}, {1, 2, 3, 4});
  }

  /// Two seeds with the same curve: ratios to the threshold, and raw sharpness.
  void add(const std::string& group, double rate, double threshold,
           const std::vector<double>& ratios, const std::vector<double>& raw) {
    const tuning::Point point{{"learning_rate", rate}};
    results_.groups.push_back({{group, "s", "w", {point}, {4}}, {}});
    for (int seed = 0; seed < 2; ++seed) {
      auto result = made_result(point, seed, {});
      result.evaluations.clear();
      for (std::size_t i = 0; i < ratios.size(); ++i) {
        Evaluation evaluation;
        evaluation.step = static_cast<std::int64_t>(i + 1);
        evaluation.recorded = {{"diagnose/preconditioned_sharpness", ratios[i] * threshold},
                               {"diagnose/sharpness_threshold", threshold},
                               {"diagnose/raw_sharpness", raw[i]},
                               {"diagnose/sharpness_residual", 0}};
        result.evaluations.push_back(std::move(evaluation));
      }
      results_.groups.back().results.push_back(std::move(result));
    }
  }
  double statistic(const std::string& name) const {
    return make_report(results_).findings.statistics.at(name).value;
  }
  Results results_;
};

TEST_F(CurvatureAnalysis, JudgesEachRunByTheSecondHalfOfItsMeasurements) {
  EXPECT_NEAR(statistic("least_ratio"), 0.99, 1e-9);
  EXPECT_NEAR(statistic("largest_ratio"), 1.01, 1e-9);
  EXPECT_NEAR(statistic("unreached_ratio"), 0.35, 1e-9);
  EXPECT_NEAR(statistic("misjudged_ratio"), 1.01 * 19, 1e-9) << "38 / rate judged as 2 / rate";
}

TEST_F(CurvatureAnalysis, ComparesTheRawSharpnessOfTheEndWithThatOfArrival) {
  EXPECT_NEAR(statistic("flat_change"), 0.01, 1e-9);
  EXPECT_NEAR(statistic("advance"), 0.5, 1e-9);
  EXPECT_THAT(to_text(make_report(results_)), HasSubstr("not reached, not reached"));
}

TEST_F(CurvatureAnalysis, KnowsNothingWhereARunHasNoNumbers) {
  results_.groups[1].results[1].outcome.kind = OutcomeKind::diverged;
  const auto report = make_report(results_);
  EXPECT_FALSE(report.findings.statistics.contains("least_ratio"));
  EXPECT_FALSE(report.findings.statistics.contains("largest_ratio"));
  EXPECT_TRUE(report.findings.statistics.contains("unreached_ratio"));
}

TEST_F(CurvatureAnalysis, DoesWithoutTheWordsThatMayBeLeftOut) {
  results_.study.analysis.words = {{"arrived", "plain"}};
  const auto findings = make_report(results_).findings;
  EXPECT_NEAR(findings.statistics.at("least_ratio").value, 0.99, 1e-9);
  EXPECT_EQ(findings.statistics.size(), 2u);
  ASSERT_EQ(findings.plots.size(), 1u) << "no plot of nothing";
  EXPECT_EQ(findings.plots[0].first, "ratios");
}

TEST_F(CurvatureAnalysis, AsksForTheGroupsThatItNeeds) {
  results_.groups.pop_back();
  try {
    make_report(results_);
    FAIL();
  } catch (const std::exception& error) {
    EXPECT_THAT(error.what(), HasSubstr("needs a group 'slow'"));
  }
}

}  // namespace
}  // namespace timetrial::study
