#include "harness/study/analysis.h"
#include "tests/harness/study/made_study.h"

#include <gmock/gmock.h>

namespace timetrial::study {
namespace {

/// Three seeds of a variant whose accuracy is `accuracy`, a little apart, and whose step takes
/// `step_ms`.
Group variant(const std::string& name, double accuracy, double step_ms) {
  Group group;
  group.run.group = name;
  group.run.points = {{{"learning_rate", 0.1}}};
  for (int seed = 0; seed < 3; ++seed) {
    const double value = accuracy + 0.001 * seed;
    auto result = made_result(group.run.points[0], seed,
                              {{"validation/accuracy", value}, {"test/accuracy", value - 0.01}});
    result.evaluations[0].submission_time_s = step_ms;  // of 1,000 steps
    group.results.push_back(result);
  }
  return group;
}

Results made_results() {
  Results results;
  results.study = parse(study_text(R"(kind = "variants"
metrics = ["accuracy"]
tasks = ["all"]
numbers = { higher_is_better = 1, low = 0.5, high = 2 }
words = { reference = "plain", subject = "low", control = "again", candidates = "low high", loser = "high" }
)"),
                        "made.toml");
  results.groups = {variant("plain", 0.8, 10), variant("again", 0.8, 10), variant("low", 0.9, 8),
                    variant("high", 0.6, 10)};
  return results;
}

TEST(VariantsAnalysis, ComparesSeedBySeedAndFindsTheBestCandidate) {
  const auto findings = find_analysis("variants").analyse(made_results());
  const auto& statistics = findings.statistics;
  EXPECT_NEAR(statistics.at("difference").value, 0.1, 1e-12);
  EXPECT_NEAR(statistics.at("difference").low, 0.1, 1e-9) << "the seeds' spread cancels";
  EXPECT_NEAR(statistics.at("time_ratio").value, 0.8, 1e-12);
  EXPECT_NEAR(statistics.at("control_difference").value, 0, 1e-12);
  EXPECT_NEAR(statistics.at("control_time_ratio").value, 1, 1e-12);
  EXPECT_NEAR(statistics.at("best_difference").value, 0.3, 1e-12);
  EXPECT_EQ(statistics.at("best_number").value, 0.5);
  EXPECT_EQ(findings.tables[0].rows.size(), 4U);
  EXPECT_EQ(findings.plots[0].second.series.size(), 2U) << "those that have a number";
}

TEST(VariantsAnalysis, SaysNothingOfVariantsThatLackASeed) {
  Results results = made_results();
  results.groups[2].results.pop_back();
  const auto findings = find_analysis("variants").analyse(results);
  EXPECT_FALSE(findings.statistics.contains("difference"));
  EXPECT_FALSE(findings.statistics.contains("best_number"));
  EXPECT_TRUE(findings.statistics.contains("control_difference"));
}

}  // namespace
}  // namespace timetrial::study
