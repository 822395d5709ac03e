// One battery for all built-in submissions: conformance, recorded trajectories, search spaces, and
// one bad value for each hyperparameter.
#include "built_in.h"
#include "harness/sdk/check.h"
#include "harness/sdk/fixture_network.h"
#include "harness/sdk/rehearsal.h"
#include "harness/tuning/search_space.h"
#include "harness/tuning/space_files.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace timetrial::sdk {
namespace {

using submissions_test::base_of;
using submissions_test::good_point;
using submissions_test::library;
using submissions_test::tuned_submissions;
using testing::HasSubstr;
using Point = std::map<std::string, double>;

Problem problem(const Point& point) {
  Problem result;
  result.workload = make_fixture_network(/*unused_parameter=*/false);
  result.data = make_synthetic_data(1000, 1);
  result.point = Hyperparameters(point);
  return result;
}

class BuiltIn : public testing::TestWithParam<std::string> {};

TEST_P(BuiltIn, EqualsItsReferenceAndPassesAllChecks) {
  const std::string name = GetParam();
  const auto results = check_submission(
      {.library = library(name),
       .point = {},
       .trajectories = {std::string(FIXTURES_DIR "/") + base_of(name) + ".safetensors"}},
      {});
  EXPECT_EQ(results.size(), 7 + 4);
  for (const auto& result : results) {
    EXPECT_TRUE(result.passed) << result.name << ": " << result.error << " " << result.detail;
  }
}

TEST_P(BuiltIn, TakesEveryPointOfItsSearchSpace) {
  const std::string name = GetParam();
  const auto space = tuning::read(SUBMISSIONS_DIR "/" + name + ".search_space.json");
  for (const auto& point : tuning::draw(space, name, /*study=*/0, /*trials=*/5)) {
    const auto results =
        check_submission({.library = library(name), .point = point, .trajectories = {}}, {});
    for (const auto& result : results) {
      EXPECT_TRUE(result.passed) << result.name << ": " << result.detail;
    }
  }
}

TEST_P(BuiltIn, LowersTheLoss) {
  const auto tried = problem(good_point(GetParam()).values());
  const SubmissionLibrary file(library(GetParam()));
  Rehearsal rehearsal(file, tried);
  auto& training = rehearsal.training();
  std::vector<std::int64_t> all(1000);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
  const auto batch = training.batches().examples(all);
  const auto loss = [&] { return training.mean_loss(batch).item<double>(); };
  const double before = loss();
  for (int i = 0; i < 200; ++i) rehearsal.step();
  rehearsal.evaluate();
  EXPECT_LT(loss(), before / 2);
}

/// The message that init refuses the point with.
std::string refusal(const std::string& name, const Point& point) {
  const auto tried = problem(point);
  const SubmissionLibrary file(library(name));
  try {
    Rehearsal rehearsal(file, tried);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST_P(BuiltIn, RefusesBadHyperparameters) {
  const std::string name = GetParam();
  const struct Case {
    const char* hyperparameter;
    double value;
    const char* message;
  } cases[] = {
      {"learning_rate", 0, "learning_rate = 0, expected a finite value above 0"},
      {"weight_decay", -1, "weight_decay = -1, expected a finite value of at least 0"},
      {"dropout_rate", 1, "dropout_rate = 1, expected a value in [0, 1)"},
      {"label_smoothing", 1.5, "label_smoothing = 1.5, expected a value in [0, 1)"},
      {"warmup_factor", 1, "warmup_factor = 1, expected a value in [0, 1)"},
      {"grad_clip", 0, "grad_clip = 0, expected a finite value above 0"},
      {"grad_clip_embeddings", 2, "grad_clip_embeddings = 2, expected a whole number from 0 to 1"},
      {"colour", 1, "unknown hyperparameter 'colour'"},
  };
  EXPECT_EQ(refusal(name, {{"learning_rate", 0.1}}), "");
  EXPECT_THAT(refusal(name, {}), HasSubstr("'learning_rate' is missing"));
  for (const auto& c : cases) {
    Point point{{"learning_rate", 0.1}};
    point[c.hyperparameter] = c.value;
    EXPECT_THAT(refusal(name, point), HasSubstr(c.message));
  }
}

INSTANTIATE_TEST_SUITE_P(Submissions, BuiltIn, testing::ValuesIn(tuned_submissions()),
                         [](const auto& param_info) { return param_info.param; });

TEST_P(BuiltIn, TakesTheOtherSearchSpacesThatItBrings) {
  const std::string name = GetParam();
  for (const auto& word : tuning::named_search_spaces(library(name))) {
    SCOPED_TRACE(word);
    const auto space = tuning::read(tuning::find_search_space(library(name), word));
    for (const auto& point : tuning::draw(space, name, /*study=*/0, /*trials=*/5)) {
      EXPECT_EQ(refusal(name, point), "");
    }
  }
}

TEST(Submissions, BringAlgoPerfsSearchSpaces) {
  for (const char* name :
       {"adafactor", "adamw", "lamb", "momentum", "nadamw", "nesterov", "sam", "shampoo"}) {
    EXPECT_TRUE(std::filesystem::exists(tuning::find_search_space(library(name), "algoperf")));
  }
}

/// The weights after some updates.
std::vector<at::Tensor> trained(const std::string& name, const Point& point, int updates) {
  const auto tried = problem(point);
  const SubmissionLibrary file(library(name));
  Rehearsal rehearsal(file, tried);
  for (int i = 0; i < updates; ++i) rehearsal.step();
  return rehearsal.weights();
}

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

TEST(Submissions, RefuseBadHyperparametersOfTheirOwn) {
  const struct Case {
    const char* name;
    const char* hyperparameter;
    double value;
    const char* range;
  } cases[] = {
      {"adafactor", "beta1", 1, "[0, 1)"},
      {"adafactor", "beta2", 0, "(0, 1)"},
      {"adagrad", "epsilon", 0, "above 0"},
      {"adagrad", "initial_accumulator", -1, "at least 0"},
      {"adam_mini", "beta1", 1, "[0, 1)"},
      {"adam_mini", "beta2", 1, "[0, 1)"},
      {"adam_mini", "epsilon", 0, "above 0"},
      {"adam_mini", "head_size", 1.5, "whole number of at least 1"},
      {"adamw", "batch_size", 0, "whole number of at least 1"},
      {"adamw", "beta1", 1, "[0, 1)"},
      {"adamw", "beta2", -0.1, "[0, 1)"},
      {"adamw", "epsilon", 0, "above 0"},
      {"adamw", "decay_steps_factor", 0, "above 0"},
      {"adamw", "end_factor", 1, "[0, 1)"},
      {"adamw", "linear_decay", 2, "whole number from 0 to 1"},
      {"agc", "clip", 0, "above 0"},
      {"agc", "clip_epsilon", 0, "above 0"},
      {"agc", "momentum", 0, "(0, 1)"},
      {"agc_adagrad", "clip", 0, "above 0"},
      {"agc_adagrad", "clip_embeddings", 2, "whole number from 0 to 1"},
      {"agc_adagrad", "clip_epsilon", 0, "above 0"},
      {"agc_adagrad", "clip_scope", 0.5, "whole number from 0 to 1"},
      {"agc_adagrad", "clip_vectors", -1, "whole number from 0 to 1"},
      {"agc_adagrad", "epsilon", 0, "above 0"},
      {"agc_adagrad", "initial_accumulator", -1, "at least 0"},
      {"cagrad", "task_c", -1, "at least 0"},
      {"cagrad", "task_rescale", 3, "whole number from 0 to 2"},
      {"cagrad", "task_slices", 0, "whole number of at least 1"},
      {"clippy_adagrad", "clip_accumulator", 2, "whole number from 0 to 1"},
      {"clippy_adagrad", "clip_embeddings", 0.5, "whole number from 0 to 1"},
      {"clippy_adagrad", "epsilon", 0, "above 0"},
      {"clippy_adagrad", "initial_accumulator", -1, "at least 0"},
      {"clippy_adagrad", "lambda_abs", 0, "above 0"},
      {"clippy_adagrad", "lambda_acc", -1, "at least 0"},
      {"clippy_adagrad", "lambda_rel", -1, "at least 0"},
      {"clippy_adagrad", "published_form", 2, "whole number from 0 to 1"},
      {"clippy_adagrad", "scope", -1, "whole number from 0 to 1"},
      {"clippy_adamw", "beta1", 1, "[0, 1)"},
      {"clippy_adamw", "beta2", 1, "[0, 1)"},
      {"clippy_adamw", "clip_embeddings", 2, "whole number from 0 to 1"},
      {"clippy_adamw", "epsilon", 0, "above 0"},
      {"clippy_adamw", "lambda_abs", 0, "above 0"},
      {"clippy_adamw", "lambda_rel", -1, "at least 0"},
      {"clippy_adamw", "scope", 2, "whole number from 0 to 1"},
      {"dwa", "batch_size", 0.5, "whole number of at least 1"},
      {"dwa", "task_period", 0, "whole number of at least 1"},
      {"dwa", "task_temperature", 0, "above 0"},
      {"famo", "task_decay", -1, "at least 0"},
      {"famo", "task_learning_rate", 0, "above 0"},
      {"graddrop", "task_leak", 1.5, "[0, 1]"},
      {"gradnorm", "task_alpha", -1, "at least 0"},
      {"gradnorm", "task_learning_rate", 0, "above 0"},
      {"gradvac", "task_beta", 1.5, "[0, 1]"},
      {"imtl", "task_learning_rate", 0, "above 0"},
      {"imtl", "task_scale_losses", 2, "whole number from 0 to 1"},
      {"imtl_l", "task_learning_rate", 0, "above 0"},
      {"lamb", "beta1", 1, "[0, 1)"},
      {"lamb", "beta2", 1, "[0, 1)"},
      {"lamb", "epsilon", 0, "above 0"},
      {"lamb_adagrad", "epsilon", 0, "above 0"},
      {"lamb_adagrad", "initial_accumulator", -1, "at least 0"},
      {"lamb_adagrad", "scale_embeddings", 2, "whole number from 0 to 1"},
      {"lawa", "beta1", 1, "[0, 1)"},
      {"lawa", "beta2", 1, "[0, 1)"},
      {"lawa", "epsilon", 0, "above 0"},
      {"lawa", "every_factor", 1, "(0, 1)"},
      {"lawa", "length", 0, "whole number of at least 1"},
      {"lion", "beta1", 1, "[0, 1)"},
      {"lion", "beta2", 1, "[0, 1)"},
      {"mgda", "task_normalization", 4, "whole number from 0 to 3"},
      {"mgda_momentum", "task_normalization", 0.5, "whole number from 0 to 3"},
      {"mgda_ub", "task_normalization", -1, "whole number from 0 to 3"},
      {"mix_temperature", "task_temperature", 0, "above 0"},
      {"mix_unimax", "task_epochs", 0, "above 0"},
      {"momentum", "beta1", 1, "[0, 1)"},
      {"momentum", "momentum", 1, "[0, 1)"},
      {"muon", "adam_learning_rate", 0, "above 0"},
      {"muon", "adam_weight_decay", -1, "at least 0"},
      {"muon", "beta1", 1, "[0, 1)"},
      {"muon", "beta2", 1, "[0, 1)"},
      {"muon", "epsilon", 0, "above 0"},
      {"muon", "momentum", 1, "[0, 1)"},
      {"nadamw", "beta1", 1, "[0, 1)"},
      {"nadamw", "beta2", 1, "[0, 1)"},
      {"nadamw", "epsilon", 0, "above 0"},
      {"nash_mtl", "task_every", 0, "whole number of at least 1"},
      {"nash_mtl", "task_max_norm", -1, "at least 0"},
      {"nesterov", "momentum", 1, "[0, 1)"},
      {"prodigy", "beta1", 1, "[0, 1)"},
      {"prodigy", "beta2", 1, "[0, 1)"},
      {"prodigy", "d0", 0, "above 0"},
      {"prodigy", "d_coef", 0, "above 0"},
      {"prodigy", "epsilon", 0, "above 0"},
      {"prodigy", "safeguard_warmup", 2, "whole number from 0 to 1"},
      {"prodigy", "use_bias_correction", 0.5, "whole number from 0 to 1"},
      {"rmsprop", "alpha", 1, "[0, 1)"},
      {"rmsprop", "epsilon", 0, "above 0"},
      {"rmsprop", "momentum", 1, "[0, 1)"},
      {"sam", "beta1", 1, "[0, 1)"},
      {"sam", "beta2", 1, "[0, 1)"},
      {"sam", "epsilon", 0, "above 0"},
      {"sam", "rho", -1, "at least 0"},
      {"scalarize", "task_weight_0", -1, "at least 0"},
      {"scalarize_momentum", "task_weight_1", -1, "at least 0"},
      {"schedule_free_adamw", "batch_norm_every", 0, "whole number of at least 1"},
      {"schedule_free_adamw", "beta1", 0, "(0, 1)"},
      {"schedule_free_adamw", "beta2", 1, "[0, 1)"},
      {"schedule_free_adamw", "epsilon", -1, "above 0"},
      {"schedule_free_adamw", "r", -1, "at least 0"},
      {"schedule_free_adamw", "weight_lr_power", -1, "at least 0"},
      {"schedule_free_adamw", "warmup_steps", -1, "at least 0"},
      {"shampoo", "beta1", 1, "[0, 1)"},
      {"shampoo", "beta2", 1.5, "[0, 1]"},
      {"shampoo", "dampening", 1, "[0, 1)"},
      {"shampoo", "epsilon", 0, "above 0"},
      {"shampoo", "grafting", 4, "whole number from 0 to 3"},
      {"shampoo", "grafting_beta2", -1, "[0, 1]"},
      {"shampoo", "grafting_epsilon", 0, "above 0"},
      {"shampoo", "inv_root_override", -1, "whole number from 0 to 64"},
      {"shampoo", "max_preconditioner_dim", 0, "whole number of at least 1"},
      {"shampoo", "momentum", 1, "[0, 1)"},
      {"shampoo", "nadam", 2, "whole number from 0 to 1"},
      {"shampoo", "nesterov", 0.5, "whole number from 0 to 1"},
      {"shampoo", "precondition_frequency", 0, "whole number of at least 1"},
      {"shampoo", "start_preconditioning_step", 1.5, "whole number of at least 1"},
      {"soap", "beta1", 1, "[0, 1)"},
      {"soap", "beta2", 1, "[0, 1)"},
      {"soap", "epsilon", 0, "above 0"},
      {"soap", "max_precondition_dim", 0, "whole number of at least 1"},
      {"soap", "precondition_frequency", 2.5, "whole number of at least 1"},
      {"sophia", "beta1", 1, "[0, 1)"},
      {"sophia", "beta2", 1, "[0, 1)"},
      {"sophia", "epsilon", 0, "above 0"},
      {"sophia", "estimator", 3, "whole number from 0 to 2"},
      {"sophia", "hessian_every", 0, "whole number of at least 1"},
      {"sophia", "rho", 0, "above 0"},
      {"uncertainty", "task_learning_rate", -1, "above 0"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(std::string(c.name) + " " + c.hyperparameter);
    const auto message = refusal(c.name, {{"learning_rate", 0.1}, {c.hyperparameter, c.value}});
    EXPECT_THAT(message, testing::StartsWith(std::string(c.hyperparameter) + " = "));
    EXPECT_THAT(message, HasSubstr(c.range));
  }
}

TEST(Submissions, HaveAlgoPerfsBatchSizesForItsWorkloads) {
  const SubmissionLibrary file(library("adamw"));
  const auto size = [&](const char* workload) {
    WorkloadInfo info;
    info.name = workload;
    return file.create()->batch_size(info);
  };
  EXPECT_EQ(size("criteo1tb"), 262'144);
  EXPECT_EQ(size("imagenet_vit_glu"), 1024);  // its base's
  EXPECT_EQ(size("ogbg_gelu"), 512);
  EXPECT_EQ(size("something_new"), 128);
}

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
