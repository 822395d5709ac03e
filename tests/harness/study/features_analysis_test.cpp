#include "harness/study/analysis.h"
#include "harness/trial/error.h"
#include "tests/harness/study/made_study.h"

#include <gmock/gmock.h>

namespace timetrial::study {
namespace {

/// Three seeds whose probes have these accuracies, of a chance of 0.2.
Group probed(const std::string& name, std::vector<double> accuracies, double shuffled) {
  Group group;
  group.run.group = name;
  group.run.points = {{{"learning_rate", 0.1}}};
  for (std::size_t seed = 0; seed < accuracies.size(); ++seed) {
    auto result =
        made_result(group.run.points[0], static_cast<int>(seed), {{"test/accuracy", 0.9}});
    result.evaluations[0].recorded = {{"evaluator/linear_probe/accuracy", accuracies[seed]},
                                      {"evaluator/linear_probe/chance", 0.2},
                                      {"evaluator/linear_probe/shuffled", shuffled},
                                      {"evaluator/shape_bias/shape_bias", 0.25},
                                      {"evaluator/calibration/ece", 0.125},
                                      {"evaluator/calibration/scaled_ece", 0.0625}};
    group.results.push_back(result);
  }
  return group;
}

Results made_results() {
  Results results;
  results.study = parse(study_text(R"(kind = "features"
metrics = ["accuracy"]
tasks = ["all"]
numbers = { small = 32, large = 64 }
words = { trained = "small large", untrained = "small_before large_before" }
)"),
                        "made.toml");
  results.groups = {probed("small", {0.5, 0.6, 0.4}, 0.2), probed("large", {0.7, 0.8, 0.45}, 0.22),
                    probed("small_before", {0.3, 0.3, 0.3}, 0.2),
                    probed("large_before", {0.3, 0.3, 0.3}, 0.2)};
  return results;
}

TEST(FeaturesAnalysis, ComparesWithChanceWithWidthAndWithUntrainedModels) {
  const auto findings = find_analysis("features").analyse(made_results());
  const auto& statistics = findings.statistics;
  EXPECT_NEAR(statistics.at("least_over_chance").value, (2.5 + 3 + 2) / 3, 1e-12);
  EXPECT_LT(statistics.at("least_over_chance").low, 2);
  // Ranks 3, 4, 1 and 5, 6, 2 of two widths.
  EXPECT_NEAR(statistics.at("width_correlation").value, 0.4879500364742666, 1e-12);
  EXPECT_LT(statistics.at("width_correlation").low, 0) << "six pairs are few";
  EXPECT_EQ(statistics.at("untrained_width_correlation").value, 0);
  EXPECT_NEAR(statistics.at("untrained_over_chance").value, 1.5, 1e-12);
  EXPECT_NEAR(statistics.at("gain_over_untrained").value, (1.5 + 2 + 0.625) / 3, 1e-12);
  EXPECT_NEAR(statistics.at("shuffled_over_chance").value, 1.1, 1e-12);
  EXPECT_EQ(statistics.at("least_shuffled_width_correlation").value,
            statistics.at("shuffled_width_correlation").low);
  ASSERT_EQ(findings.tables[0].rows.size(), 4U);
  EXPECT_EQ(findings.tables[0].rows[0][4].text, "0.250 [0.250, 0.250]");
  EXPECT_EQ(findings.plots[0].second.series.size(), 3U);
}

TEST(FeaturesAnalysis, SaysNothingWhereASeedOrAnEvaluatorIsMissing) {
  Results results = made_results();
  results.groups[1].results.pop_back();
  results.groups[2].results[0].evaluations[0].recorded.clear();
  const auto findings = find_analysis("features").analyse(results);
  EXPECT_TRUE(findings.statistics.empty());
  EXPECT_EQ(findings.tables[0].rows.size(), 4U);
}

TEST(FeaturesAnalysis, NeedsTheSameWidthsUntrained) {
  Results results = made_results();
  results.study.analysis.words["untrained"] = "small_before";
  EXPECT_THROW(find_analysis("features").analyse(results), InputError);
}

}  // namespace
}  // namespace timetrial::study
