// One battery for all built-in submissions: conformance, recorded trajectories, search spaces, and
// the hyperparameters that they have in common.
#include "built_in.h"
#include "harness/sdk/check.h"
#include "harness/tuning/search_space.h"
#include "harness/tuning/space_files.h"
#include "on_fixture_network.h"

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
using submissions_test::Point;
using submissions_test::problem;
using submissions_test::refusal;
using submissions_test::tuned_submissions;
using testing::HasSubstr;

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

}  // namespace
}  // namespace timetrial::sdk
