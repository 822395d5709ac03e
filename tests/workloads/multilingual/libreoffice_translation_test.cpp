// libreoffice_translation: the data, where the packages are there, and what the model is told.
#include "tests/support/data_packages.h"
#include "tests/support/prepared_data.h"
#include "workloads/multilingual/multilingual.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

namespace timetrial::multilingual {
namespace {

using testing::HasSubstr;
using workloads::Split;

transformer::Config tiny() {
  transformer::Config config;
  config.vocab_size = 20;
  config.width = 8;
  config.heads = 2;
  config.mlp_dim = 8;
  config.layers = 1;
  config.dropout = 0;
  return config;
}

TEST(LibreOfficeTranslation, TasksHaveTheMeansOfTheirOwnTokens) {
  const auto workload = make_translation(tiny());
  const auto model = workload->make_model(at::kCPU);
  model->initialize(1);
  const Batch batch({{"inputs", at::tensor({18, 3, 2, 19, 5, 2}, at::kLong).view({2, 3})},
                     {"targets", at::tensor({4, 5, 2, 6, 2, 0}, at::kLong).view({2, 3})},
                     {"weights", at::tensor({1.0F, 1.0F, 1.0F, 1.0F, 1.0F, 0.0F}).view({2, 3})},
                     {"tasks", at::tensor({0, 1}, at::kLong)}});
  const ModelOutput output = model->forward(batch, {});
  const Loss loss = workload->loss(batch, output, 0);
  const at::Tensor each = at::cross_entropy_loss(output.logits.flatten(0, 1),
                                                 batch.targets().flatten(), {}, at::Reduction::None)
                              .view({2, 3});
  EXPECT_NEAR(loss.per_task.at(0).item<double>(), each[0].mean().item<double>(), 1e-5);
  EXPECT_NEAR(loss.per_task.at(1).item<double>(), each[1].slice(0, 0, 2).mean().item<double>(),
              1e-5)
      << "padding does not count";
  EXPECT_EQ(loss.valid_examples.item<double>(), 5);
}

TEST(LibreOfficeTranslation, NeedsSubwordsBesidesTheTags) {
  auto config = tiny();
  config.vocab_size = 2;
  try {
    make_translation(config);
    FAIL() << "accepted a vocabulary of two tags";
  } catch (const workloads::ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("vocab_size = 2; it counts a token for each language"));
  }
}

TEST(LibreOfficeTranslationData, SourcesBeginWithTheTagOfTheirLanguage) {
  const auto packages = test::data_packages("libreoffice-zu");
  if (!packages) GTEST_SKIP() << test::no_data_packages("libreoffice-zu");
  const test::PreparedData data("libreoffice_translation", *packages);
  data.expect_same_bytes_again();
  const auto training = data.training();
  const auto sizes = training->examples_of_tasks();
  ASSERT_EQ(sizes.size(), 2U);
  EXPECT_GT(sizes[0], 5 * sizes[1]);
  EXPECT_GT(sizes[1], 300);
  const std::vector<std::int64_t> indices{0, sizes[0] - 1, sizes[0], training->size() - 1};
  const Batch batch = training->gather(indices, 1);
  for (std::int64_t row = 0; row < 4; ++row) {
    const std::int64_t task = row < 2 ? 0 : 1;
    EXPECT_EQ(batch.at("tasks")[row].item<std::int64_t>(), task);
    const at::Tensor begins = batch.at("inputs_position")[row].eq(0).logical_and(
        batch.at("inputs_segmentation")[row].gt(0));
    EXPECT_TRUE(batch.inputs()[row].masked_select(begins).eq(1024 + task).all().item<bool>());
    EXPECT_LT(batch.targets()[row].max().item<std::int64_t>(), 1024);
  }
  const auto evaluation = data.held_back();
  EXPECT_GT(evaluation->size(Split::validation), 384 + 100);
  const auto model = workloads::find("libreoffice_translation").make()->make_model(at::kCPU);
  model->initialize(1);
  const auto found = evaluation->evaluate(*model, Split::validation, 96);
  EXPECT_NEAR(found.at("loss"), (found.at("de/loss") + found.at("zu/loss")) / 2, 1e-9);
  EXPECT_EQ(found.count("zu/accuracy"), 1U);
}

}  // namespace
}  // namespace timetrial::multilingual
