#include "harness/study/analysis.h"
#include "tests/harness/study/made_study.h"

#include <gmock/gmock.h>

namespace timetrial::study {
namespace {

/// Three seeds a little apart.
Group tried(const std::string& name, double accuracy) {
  Group group;
  group.run.group = name;
  group.run.points = {{{"learning_rate", 0.1}}};
  for (int seed = 0; seed < 3; ++seed) {
    const double value = accuracy + 0.001 * seed;
    group.results.push_back(
        made_result(group.run.points[0], seed,
                    {{"validation/accuracy", value}, {"test/accuracy", value - 0.01}}));
  }
  return group;
}

/// The best is 0 in the short cell, 1 in the long one.
Results made_results() {
  Results results;
  results.study = parse(study_text(R"(kind = "optimum"
metrics = ["accuracy"]
tasks = ["all"]
numbers = { higher_is_better = 1, expected = 1, short_0 = 0, short_1 = 1, long_0 = 0, long_1 = 1, again = 1 }
words = { lengths = "short long", trainings = "long short", short = "short_0 short_1", long = "long_0 long_1", control = "again", control_reference = "long_1" }
)"),
                        "made.toml");
  results.groups = {tried("short_0", 0.8), tried("short_1", 0.7), tried("long_0", 0.6),
                    tried("long_1", 0.9), tried("again", 0.91)};
  return results;
}

TEST(OptimumAnalysis, FindsTheBestOfEachCellAndWhetherItComesNearer) {
  const auto findings = find_analysis("optimum").analyse(made_results());
  const auto& statistics = findings.statistics;
  EXPECT_EQ(statistics.at("first_length_best").value, 0);
  EXPECT_EQ(statistics.at("last_length_best").value, 1);
  EXPECT_EQ(statistics.at("length_approach").value, 1);
  EXPECT_EQ(statistics.at("first_training_best").value, 1);
  EXPECT_EQ(statistics.at("last_training_best").value, 0);
  EXPECT_EQ(statistics.at("training_approach").value, -1);
  EXPECT_NEAR(statistics.at("last_length_spread").value, 0.3, 1e-12);
  EXPECT_NEAR(statistics.at("last_training_spread").low, 0.1, 1e-9);
  EXPECT_NEAR(statistics.at("control_difference").value, 0.01, 1e-12);
  ASSERT_EQ(findings.tables.size(), 2U);
  EXPECT_EQ(findings.tables[0].rows[1][1].text, "1");
  EXPECT_EQ(findings.plots[1].second.series.size(), 2U);
}

TEST(OptimumAnalysis, TheBestOfALossIsTheLowest) {
  Results results = made_results();
  results.study.analysis.numbers["higher_is_better"] = 0;
  const auto statistics = find_analysis("optimum").analyse(results).statistics;
  EXPECT_EQ(statistics.at("first_length_best").value, 1);
  EXPECT_NEAR(statistics.at("last_length_spread").value, -0.3, 1e-12);
}

TEST(OptimumAnalysis, SaysNothingOfACellThatLacksASeed) {
  Results results = made_results();
  results.groups[3].results.pop_back();
  const auto findings = find_analysis("optimum").analyse(results);
  EXPECT_FALSE(findings.statistics.contains("last_length_best"));
  EXPECT_FALSE(findings.statistics.contains("length_approach"));
  EXPECT_FALSE(findings.statistics.contains("control_difference"));
  EXPECT_TRUE(findings.statistics.contains("first_length_best"));
}

}  // namespace
}  // namespace timetrial::study
