// celeba40: sizes of the published model, and forty losses of one trunk.
#include "workloads/celeba/celeba.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

namespace timetrial::celeba {
namespace {

using testing::HasSubstr;

TEST(CelebA40, ModelAndTasksAreThoseOfTheExperiment) {
  const auto workload = workloads::find("celeba40").make();
  std::int64_t count = 0;
  const auto model = workload->make_model(at::kMeta);
  for (const auto& parameter : model->parameters()) count += parameter.tensor.numel();
  // ResNet-18 for images of 32 x 32 has 11,173,962 with ten classes.
  EXPECT_EQ(count, 11'173'962 - 10 * 513 + 40 * 2 * 2049);
  const auto facts = workload->facts();
  EXPECT_EQ(facts.source, workloads::DataSource::official);
  EXPECT_EQ(facts.metric, "error");
  EXPECT_FALSE(facts.higher_is_better);
  ASSERT_EQ(facts.tasks.size(), 40U);
  EXPECT_EQ(facts.tasks.front().name, "5_o_Clock_Shadow");
  EXPECT_EQ(facts.tasks.back().name, "Young");
  EXPECT_EQ(facts.tasks.back().metric, "error");
  EXPECT_FALSE(facts.tasks.back().higher_is_better);
}

TEST(CelebA40, LossIsTheMeanOfTheTasksAndReachesTrunkAndHeads) {
  resnet::Config config = encoder_config();
  config.width = 4;
  config.layers = {1, 1, 1, 1};
  const auto workload = make_celeba40(config);
  const auto model = workload->make_model(at::kCPU);
  model->initialize(1);
  const at::Tensor targets = at::arange(80).view({2, 40}).remainder(3).eq(0).to(at::kLong);
  const Batch batch({{"inputs", at::arange(2 * 3 * 64 * 64).view({2, 3, 64, 64}).sin()},
                     {"targets", targets},
                     {"weights", at::ones({2})}});
  const ModelOutput output = model->forward(batch, {});
  EXPECT_EQ(output.logits.sizes(), (std::vector<std::int64_t>{2, 80}));
  EXPECT_EQ(output.representation.sizes(), (std::vector<std::int64_t>{2, 128}));
  const Loss loss = workload->loss(batch, output, 0);
  ASSERT_EQ(loss.per_task.size(), 40U);
  const double third =
      at::cross_entropy_loss(output.logits.slice(1, 6, 8), targets.select(1, 3)).item<double>();
  EXPECT_NEAR(loss.per_task[3].item<double>(), third, 1e-5);
  EXPECT_NEAR(loss.mean().item<double>(), at::stack(loss.per_task).mean().item<double>(), 1e-5);
  loss.mean().backward();
  for (const auto& parameter : model->parameters()) {
    ASSERT_TRUE(parameter.tensor.grad().defined()) << parameter.name;
    EXPECT_GT(parameter.tensor.grad().abs().max().item<double>(), 0) << parameter.name;
  }
}

TEST(CelebA40, RefusesAnEncoderThatImagesDoNotFit) {
  try {
    make_celeba40({});
    FAIL() << "took an encoder for other images";
  } catch (const workloads::ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("needs the encoder's stem = cifar"));
  }
}

}  // namespace
}  // namespace timetrial::celeba
