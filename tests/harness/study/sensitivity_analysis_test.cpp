// Curves over learning rates, and what a change of the model does to them, from made-up results.
#include "harness/study/analysis.h"
#include "harness/study/rate_curves.h"
#include "harness/trial/error.h"
#include "tests/harness/study/made_study.h"

#include <gmock/gmock.h>

#include <cmath>

namespace timetrial::study {
namespace {

using testing::Contains;
using testing::HasSubstr;

constexpr double kInitial = 5;
const double kDiverged = std::nan("");

/// A run at one rate; a loss that is NaN: it diverged.
Result run_at(double rate, int seed, double loss, double logit) {
  Result result = made_result({{"learning_rate", rate}}, seed, {{"validation/loss", loss}});
  if (std::isnan(loss)) result.outcome.kind = OutcomeKind::diverged;
  result.losses = {{0, 1, {static_cast<float>(kInitial), 4}}};
  Evaluation earlier = result.evaluations.front();
  earlier.recorded = {{"diagnose/layers.0.attention_logit_max", logit},
                      {"diagnose/layers.1.attention_logit_max", logit / 2},
                      {"attention_logit_max", 1e9}};  // the submission's own claim
  result.evaluations.front().recorded = {{"diagnose/layers.0.attention_logit_max", 1},
                                         {"diagnose/log_z", 6}};
  result.evaluations.insert(result.evaluations.begin(), earlier);
  return result;
}

/// Three rates; `losses` of the two seeds, seed by seed.
Group group_of(const std::string& name, const std::vector<double>& losses, double logit) {
  Group group;
  group.run.group = name;
  const std::vector<double> rates{0.01, 0.1, 1};
  for (std::size_t rate = 0; rate < 3; ++rate) {
    group.run.points.push_back({{"learning_rate", rates[rate]}});
    for (std::size_t seed = 0; seed < 2; ++seed) {
      group.results.push_back(run_at(rates[rate], static_cast<int>(seed), losses[3 * seed + rate],
                                     rate == 2 ? logit : 3));
    }
  }
  return group;
}

Results made_results() {
  Results results;
  results.study = parse(
      study_text("kind = \"sensitivity\"\nmetrics = [\"loss\"]\ntasks = [\"all\"]\n"
                 "numbers = { low = 0.1, high = 1, rate = 1, low_rate = 0.01, slid = 2 }\n"
                 "words = { reference = \"plain\", subject = \"norm\", control = \"other\" }\n"),
      "made");
  // S over {0.1, 1}: plain (0 + 3) / 2 and (0 + 2) / 2, norm (0 + 0.6) / 2 and (0 + 1) / 2.
  results.groups = {group_of("plain", {3, 2, kDiverged, 3, 1, 3}, 1e6),
                    group_of("norm", {3, 2, 2.6, 3, 1, 2}, 10),
                    group_of("other", {3, 2, kDiverged, 3, 1, 3}, 1e6)};
  return results;
}

TEST(SensitivityAnalysis, ComparesSeedBySeed) {
  const auto statistics = find_analysis("sensitivity").analyse(made_results()).statistics;
  EXPECT_NEAR(statistics.at("sensitivity_fall").value, ((1 - 0.3 / 1.5) + (1 - 0.5 / 1)) / 2, 1e-6);
  EXPECT_LT(statistics.at("sensitivity_fall").low, 0) << "two seeds that differ say little";
  EXPECT_NEAR(statistics.at("mean_sensitivity_fall").low, 0.65, 1e-6);
  // Over all rates: plain (1 + 0 + 3) / 3 and (2 + 0 + 2) / 3.
  EXPECT_NEAR(statistics.at("full_sensitivity_fall").value, ((1 - 1.6 / 4) + (1 - 3.0 / 4)) / 2,
              1e-6);
  EXPECT_NEAR(statistics.at("loss_difference").value, (2.4 + 1) / 2, 1e-6);
  EXPECT_NEAR(statistics.at("control_sensitivity_fall").value, 0, 1e-12);
}

TEST(SensitivityAnalysis, NeedsNoControl) {
  Results results = made_results();
  results.study.analysis.words.erase("control");
  const auto findings = find_analysis("sensitivity").analyse(results);
  EXPECT_FALSE(findings.statistics.contains("control_sensitivity_fall"));
  EXPECT_TRUE(findings.statistics.contains("sensitivity_fall"));
  EXPECT_TRUE(findings.statistics.contains("subject_logit"));
}

TEST(SensitivityAnalysis, LogitsAreTheLargestOfAnyBlockAndEvaluation) {
  const auto findings = find_analysis("sensitivity").analyse(made_results());
  EXPECT_NEAR(findings.statistics.at("reference_logit").value, 6, 1e-12);
  EXPECT_NEAR(findings.statistics.at("subject_logit").value, 1, 1e-12);
  EXPECT_NEAR(findings.statistics.at("reference_low_rate_logit").value, std::log10(3), 1e-12);
  ASSERT_EQ(findings.tables.size(), 3U);
  EXPECT_EQ(findings.tables[1].rows[0][3].text, "1e+06");
  EXPECT_EQ(findings.tables[2].rows[0][3].text, "6.00");
}

TEST(SensitivityAnalysis, LogZIsASizeAtTheEnd) {
  auto results = made_results();
  for (auto& result : results.groups[1].results) {
    result.evaluations.front().recorded["diagnose/log_z"] = 1e9;
    result.evaluations.back().recorded["diagnose/log_z"] = -40;
  }
  const auto statistics = find_analysis("sensitivity").analyse(results).statistics;
  EXPECT_EQ(statistics.at("reference_log_z").value, 6);
  EXPECT_EQ(statistics.at("subject_log_z").value, 40);
  EXPECT_NEAR(statistics.at("low_rate_loss_difference").value, 0, 1e-12);
}

TEST(SensitivityAnalysis, LogitsMayBeOfOtherGroups) {
  auto results = made_results();
  results.study.analysis.words["reference_logits"] = "diagnosed";
  results.groups.push_back(group_of("diagnosed", {3, 2, 2, 3, 2, 2}, 1e3));
  const auto statistics = find_analysis("sensitivity").analyse(results).statistics;
  EXPECT_NEAR(statistics.at("reference_logit").value, 3, 1e-12);
  EXPECT_NEAR(statistics.at("subject_logit").value, 1, 1e-12);
}

TEST(SensitivityAnalysis, WithoutRecordsThereAreNoStatisticsOfThem) {
  auto results = made_results();
  for (auto& group : results.groups) {
    for (auto& result : group.results) {
      result.losses.clear();
      for (auto& evaluation : result.evaluations) evaluation.recorded.clear();
    }
  }
  const auto findings = find_analysis("sensitivity").analyse(results);
  EXPECT_EQ(findings.tables.size(), 1U);
  EXPECT_EQ(findings.plots.size(), 1U);
  const auto& statistics = findings.statistics;
  EXPECT_EQ(statistics.count("sensitivity_fall"), 0U);
  EXPECT_EQ(statistics.count("reference_logit"), 0U);
  EXPECT_EQ(statistics.count("reference_log_z"), 0U);
}

TEST(RateCurves, AMeanCountsWhatDivergedAsTheInitialLoss) {
  const auto curves = rate_curves(made_results().groups[0], "validation/loss");
  ASSERT_EQ(curves.seeds.size(), 2U);
  const auto means = mean_curve(curves);
  EXPECT_EQ(means[1].loss, 1.5);
  EXPECT_EQ(means[2].loss, (kInitial + 3) / 2);
  EXPECT_EQ(sensitivities(curves, rates_around_best(curves, 2)).size(), 2U);
}

TEST(RateCurves, ASeedWithAFailedRunIsLeftOutAndSaid) {
  auto group = made_results().groups[0];
  group.results.front().outcome.kind = OutcomeKind::crashed;  // of seed 0
  const auto curves = rate_curves(group, "validation/loss");
  ASSERT_EQ(curves.seeds.size(), 1U);
  EXPECT_EQ(curves.seeds[0].seed, 1);
  EXPECT_THAT(sensitivity_remarks({curves}),
              Contains("plain: seeds left out, with a run that is missing or failed: 1."));
}

TEST(RateCurves, RemarksNameTheBlindSpots) {
  auto flat = group_of("flat", {6, 7, 8, 6, 7, 8}, 1);
  auto falling = group_of("falling", {3, 2, 1, 3, 2, 1}, 1);
  const auto remarks = sensitivity_remarks(
      {rate_curves(flat, "validation/loss"), rate_curves(falling, "validation/loss")});
  EXPECT_THAT(remarks, Contains(HasSubstr("flat: no rate ended below the initial loss")));
  EXPECT_THAT(remarks,
              Contains(HasSubstr("falling: the lowest loss is at the end of the grid (1)")));
}

TEST(RateCurves, NeedOnePointOfEachRate) {
  auto group = made_results().groups[0];
  group.run.points.push_back({{"learning_rate", 0.1}, {"beta1", 0.5}});
  try {
    rate_curves(group, "validation/loss");
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("group 'plain': expected points with one learning_rate"));
  }
}

}  // namespace
}  // namespace timetrial::study
