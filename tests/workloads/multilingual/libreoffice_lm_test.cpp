// libreoffice_lm: losses of each language, and the data where the packages are there.
#include "tests/support/data_packages.h"
#include "tests/support/prepared_data.h"
#include "workloads/multilingual/multilingual.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

namespace timetrial::multilingual {
namespace {

using workloads::Split;

lm::Config tiny() {
  auto config = lm::gcide_config();
  config.sequence_length = 4;
  config.width = 8;
  config.heads = 2;
  config.layers = 1;
  config.mlp_dim = 8;
  config.multiple_of = 1;
  return config;
}

Batch batch_of(const std::vector<std::int64_t>& tasks) {
  const auto count = static_cast<std::int64_t>(tasks.size());
  const at::Tensor bytes = at::arange(count * 5).view({count, 5}).remainder(256);
  return Batch({{"inputs", bytes.slice(1, 0, 4).contiguous()},
                {"targets", bytes.slice(1, 1).contiguous()},
                {"weights", at::ones({count})},
                {"tasks", at::tensor(tasks)}});
}

TEST(LibreOfficeLm, TasksHaveTheMeansOfTheirOwnWindows) {
  const auto workload = make_lm(tiny());
  const auto model = workload->make_model(at::kCPU);
  model->initialize(1);
  const Batch batch = batch_of({1, 0, 1});
  const ModelOutput output = model->forward(batch, {});
  const Loss loss = workload->loss(batch, output, 0);
  const at::Tensor each = at::cross_entropy_loss(output.logits.flatten(0, 1),
                                                 batch.targets().flatten(), {}, at::Reduction::None)
                              .view({3, 4});
  EXPECT_NEAR(loss.per_task.at(0).item<double>(), each[1].mean().item<double>(), 1e-5);
  EXPECT_NEAR(loss.per_task.at(1).item<double>(), (each[0] + each[2]).mean().item<double>() / 2,
              1e-5);
  EXPECT_NEAR(loss.mean().item<double>(), each.mean().item<double>(), 1e-5);
  EXPECT_TRUE(loss.per_task[0].requires_grad());
  const Batch german = batch_of({0, 0});
  const Loss of_german = workload->loss(german, model->forward(german, {}), 0);
  EXPECT_FALSE(of_german.per_task[1].defined());
}

TEST(LibreOfficeLm, FactsNameTheLanguages) {
  const auto facts = workloads::find("libreoffice_lm").make()->facts();
  EXPECT_TRUE(facts.one_task_per_example);
  EXPECT_EQ(facts.metric, "bits_per_byte");
  ASSERT_EQ(facts.tasks.size(), 2U);
  EXPECT_EQ(facts.tasks[0].name, "de");
  EXPECT_EQ(facts.tasks[1].name, "zu");
  EXPECT_FALSE(facts.tasks[1].higher_is_better);
}

TEST(LibreOfficeLmData, LanguagesAreApartAndSplitsDisjoint) {
  const auto packages = test::data_packages("libreoffice-zu");
  if (!packages) GTEST_SKIP() << test::no_data_packages("libreoffice-zu");
  const test::PreparedData data("libreoffice_lm", *packages);
  data.expect_same_bytes_again();
  const auto training = data.training();
  const auto sizes = training->examples_of_tasks();
  ASSERT_EQ(sizes.size(), 2U);
  EXPECT_GT(sizes[0], 20 * sizes[1]);
  EXPECT_GT(sizes[1], 700);
  EXPECT_EQ(training->size(), sizes[0] + sizes[1]);
  const std::vector<std::int64_t> indices{sizes[0], 0, sizes[0] - 1};
  const Batch batch = training->gather(indices, 1);
  EXPECT_TRUE(batch.at("tasks").equal(at::tensor({1, 0, 0}, at::kLong)));
  const std::vector<std::int64_t> first{0};
  EXPECT_TRUE(batch.inputs()[1].equal(training->gather(first, 1).inputs()[0]));
  EXPECT_GT(data.held_back()->size(Split::validation), 24'576 / 128 + 30);
}

}  // namespace
}  // namespace timetrial::multilingual
