// What single submissions do beside the battery: self-tuning, other recorded trajectories,
// averages.
#include "harness/sdk/check.h"
#include "on_fixture_network.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace timetrial::sdk {
namespace {

using submissions_test::library;
using submissions_test::Point;
using submissions_test::problem;
using submissions_test::refusal;
using submissions_test::trained;

/// Its base, and the point of it that the submission has.
struct SelfTuned {
  const char* name;
  const char* base;
  Point point;
};

class SelfTuning : public testing::TestWithParam<SelfTuned> {};

TEST_P(SelfTuning, IsItsBaseAtOnePointBitForBit) {
  const auto& [name, base, point] = GetParam();
  const auto found = trained(name, {}, 20), expected = trained(base, point, 20);
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_TRUE(at::equal(found[i], expected[i]));
}

TEST_P(SelfTuning, PassesAllChecks) {
  const auto results =
      check_submission({.library = library(GetParam().name), .point = {}, .trajectories = {}}, {});
  EXPECT_EQ(results.size(), 7);
  for (const auto& result : results) {
    EXPECT_TRUE(result.passed) << result.name << ": " << result.error << " " << result.detail;
  }
}

TEST_P(SelfTuning, TakesNoHyperparameters) {
  EXPECT_EQ(refusal(GetParam().name, {{"learning_rate", 0.1}}),
            "unknown hyperparameter 'learning_rate'; this submission has none: it tunes itself");
}

INSTANTIATE_TEST_SUITE_P(Submissions, SelfTuning,
                         testing::Values(SelfTuned{"nadamw_self",
                                                   "nadamw",
                                                   {{"learning_rate", 0.0017486387539278373},
                                                    {"one_minus_beta1", 0.06733926164},
                                                    {"beta2", 0.9955159689799007},
                                                    {"weight_decay", 0.08121616522670176},
                                                    {"warmup_factor", 0.02},
                                                    {"dropout_rate", 0.1}}},
                                         SelfTuned{"schedule_free_adamw_self",
                                                   "schedule_free_adamw",
                                                   {{"learning_rate", 0.0025},
                                                    {"one_minus_beta1", 0.1},
                                                    {"beta2", 0.9955159689799007},
                                                    {"weight_decay", 0.08121616522670176},
                                                    {"warmup_factor", 0.015},
                                                    {"label_smoothing", 0.2}}}),
                         [](const auto& param_info) { return param_info.param.name; });

void expect_recorded(const std::string& submission, const std::string& fixture) {
  SCOPED_TRACE(fixture);
  const auto results =
      check_submission({.library = library(submission),
                        .point = {},
                        .trajectories = {FIXTURES_DIR "/" + fixture + ".safetensors"}},
                       {});
  for (const auto& result : results) {
    EXPECT_TRUE(result.passed) << result.name << ": " << result.error << " " << result.detail;
  }
}

TEST(Submissions, ClipGradientsAsTheReferenceDoes) { expect_recorded("adamw", "adamw_grad_clip"); }

TEST(Prodigy, CorrectsBiasAndGuardsAsItsReferenceDoes) {
  expect_recorded("prodigy", "prodigy_corrected");
}

TEST(ScheduleFree, WeighsItsAverageAsItsReferenceDoes) {
  expect_recorded("schedule_free_adamw", "schedule_free_weighted");
}

TEST(Muon, MatchesAdamWsStepsAsItsReferenceDoes) { expect_recorded("muon", "muon_matched"); }

TEST(RmsProp, WithMomentumEqualsItsReference) { expect_recorded("rmsprop", "rmsprop_momentum"); }

TEST(Shampoo, EqualsItsReferencesWithEachGrafting) {
  for (const char* name : {"shampoo_adagrad", "shampoo_nadam", "shampoo_rmsprop"}) {
    expect_recorded("shampoo", name);
  }
}

TEST(Shampoo, IsAdamBeforeItPreconditions) {
  const Point adamw{{"learning_rate", 0.01}, {"weight_decay", 0.1}};
  Point shampoo = adamw;
  shampoo.insert({{"nadam", 0}, {"max_preconditioner_dim", 5}, {"start_preconditioning_step", 9}});
  const auto before = trained("shampoo", shampoo, 8), after = trained("shampoo", shampoo, 9);
  const auto expected = trained("adamw", adamw, 8), later = trained("adamw", adamw, 9);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(at::allclose(before[i], expected[i], 1e-5, 1e-7)) << i;
    EXPECT_FALSE(at::allclose(after[i], later[i], 1e-5, 1e-7)) << i;
  }
}

TEST(Shampoo, DivergesWithoutAnError) {
  const Point point{{"learning_rate", 1e30}, {"precondition_frequency", 1}};
  EXPECT_FALSE(trained("shampoo", point, 8)[0].isfinite().any().item<bool>());
}

TEST(Soap, TakesNoStepInItsFirstUpdate) {
  const auto tried = problem({{"learning_rate", 0.01}});
  const SubmissionLibrary file(library("soap"));
  Rehearsal rehearsal(file, tried);
  const auto before = rehearsal.weights();
  rehearsal.step();
  EXPECT_TRUE(at::equal(before[0], rehearsal.weights()[0]));
  rehearsal.step();
  EXPECT_FALSE(at::equal(before[0], rehearsal.weights()[0]));
}

TEST(Soap, IsTheSameButForRoundingWhereItTurnsOnlyWithTheBases) {
  // Sides of more than 8 are left alone: what is of lower rank would make rounding matter.
  Point point{{"learning_rate", 0.01}, {"max_precondition_dim", 8}, {"precondition_frequency", 3}};
  const auto always = trained("soap", point, 20);
  point["turn_every_update"] = 0;
  const auto seldom = trained("soap", point, 20);
  for (std::size_t i = 0; i < always.size(); ++i) {
    EXPECT_TRUE(at::allclose(seldom[i], always[i], 1e-3, 1e-5)) << i;
  }
  EXPECT_FALSE(at::equal(seldom[0], always[0]));
}

class Averaging : public testing::TestWithParam<const char*> {};

TEST_P(Averaging, EvaluatesTheAverageAndNotTheTrainingWeights) {
  const auto tried = problem({{"learning_rate", 0.01}});
  const SubmissionLibrary file(library(GetParam()));
  Rehearsal rehearsal(file, tried);
  for (int i = 0; i < 5; ++i) rehearsal.step();
  const auto training = rehearsal.weights();
  rehearsal.evaluate();
  const auto average = rehearsal.weights();
  EXPECT_FALSE(at::equal(training[0], average[0]));
  rehearsal.evaluate();  // a second call in a row changes nothing
  EXPECT_TRUE(at::equal(average[0], rehearsal.weights()[0]));
}

INSTANTIATE_TEST_SUITE_P(Submissions, Averaging, testing::Values("lawa", "schedule_free_adamw"));

}  // namespace
}  // namespace timetrial::sdk
