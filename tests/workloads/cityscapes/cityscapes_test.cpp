// cityscapes_two_task: sizes of the published model, and what of it each loss reaches.
#include "workloads/cityscapes/cityscapes.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>

namespace timetrial::cityscapes {
namespace {

using testing::HasSubstr;

Config small_config() {
  Config config = full_config();
  config.encoder.width = 4;
  config.encoder.layers = {1, 1, 1, 1};
  config.head_width = 4;
  return config;
}

ForwardOptions without_dropout() {
  ForwardOptions options;
  options.dropout = 0;
  return options;
}

Batch small_batch() {
  // Classes -1 to 6; every fifth pixel has no depth.
  const at::Tensor classes = at::arange(2 * 32 * 64).remainder(8).sub(1).view({2, 32, 64});
  const at::Tensor depth = at::arange(2 * 32 * 64).remainder(5).div(10.0).view({2, 32, 64});
  return Batch({{"inputs", at::arange(2 * 3 * 32 * 64).view({2, 3, 32, 64}).sin()},
                {"targets", at::stack({classes.to(at::kFloat), depth.to(at::kFloat)}, 1)},
                {"weights", at::ones({2})}});
}

TEST(CityscapesTwoTask, ModelAndTasksAreThoseOfTheExperiment) {
  const auto workload = workloads::find("cityscapes_two_task").make();
  std::int64_t count = 0;
  const auto model = workload->make_model(at::kMeta);
  for (const auto& parameter : model->parameters()) count += parameter.tensor.numel();
  const std::int64_t in = 2048, width = 256, norm = 2 * width;
  const std::int64_t branches = (in * width + norm) + 3 * (9 * in * width + norm);
  const std::int64_t pooled = in * width + norm, projection = 5 * width * width + norm;
  const std::int64_t head = branches + pooled + projection + (9 * width * width + norm);
  // ResNet-50 has 25,557,032 with its thousand classes.
  const std::int64_t encoder = 25'557'032 - 1000 * (in + 1);
  EXPECT_EQ(count, encoder + 2 * head + (7 + 1) * (width + 1));
  EXPECT_EQ(count, 55'760'968);
  std::istringstream configuration(workload->configuration());
  std::vector<std::string> lines;
  for (std::string line; std::getline(configuration, line);) lines.push_back(line);
  EXPECT_TRUE(std::is_sorted(lines.begin(), lines.end()));
  EXPECT_THAT(lines, testing::Contains("encoder.dilate = false true true"));
  EXPECT_EQ(lines.back(), "rates = 12 24 36");
  const auto facts = workload->facts();
  EXPECT_EQ(facts.source, workloads::DataSource::official);
  EXPECT_EQ(facts.metric, "loss");
  EXPECT_EQ(facts.default_dropout, 0.5);
  ASSERT_EQ(facts.tasks.size(), 2U);
  EXPECT_EQ(facts.tasks[0].name + " " + facts.tasks[0].metric, "segmentation mean_iou");
  EXPECT_TRUE(facts.tasks[0].higher_is_better);
  EXPECT_EQ(facts.tasks[1].name + " " + facts.tasks[1].metric, "depth absolute_error");
  EXPECT_FALSE(facts.tasks[1].higher_is_better);
}

TEST(CityscapesTwoTask, EachLossReachesTheEncoderAndItsOwnHead) {
  const auto workload = make(small_config());
  const auto model = workload->make_model(at::kCPU);
  model->initialize(1);
  const Batch batch = small_batch();
  const ModelOutput output = model->forward(batch, without_dropout());
  // An eighth of the image's sides: the last two stages are dilated.
  EXPECT_EQ(output.representation.sizes(), (std::vector<std::int64_t>{2, 128, 4, 8}));
  EXPECT_EQ(output.logits.sizes(), (std::vector<std::int64_t>{2, 8, 32, 64}));
  const Loss loss = workload->loss(batch, output, 0);
  ASSERT_EQ(loss.per_task.size(), 2U);
  const at::Tensor classes = batch.targets().select(1, 0).to(at::kLong);
  const double segmentation =
      at::cross_entropy_loss(output.task_outputs[0], classes, {}, at::Reduction::Mean, -1)
          .item<double>();
  const at::Tensor depth = batch.targets().select(1, 1);
  const double error = output.task_outputs[1]
                           .squeeze(1)
                           .sub(depth)
                           .abs()
                           .masked_select(depth.gt(0))
                           .mean()
                           .item<double>();
  EXPECT_NEAR(loss.per_task[0].item<double>(), segmentation, 1e-5);
  EXPECT_NEAR(loss.per_task[1].item<double>(), error, 1e-3);  // images with a pixel more or less
  EXPECT_NEAR(loss.mean().item<double>(), (loss.per_task[0] + loss.per_task[1]).item<double>() / 2,
              1e-5);
  loss.per_task[0].backward({}, /*retain_graph=*/true);
  for (const auto& parameter : model->parameters()) {
    const bool other = parameter.name.starts_with("heads.depth");
    EXPECT_EQ(parameter.tensor.grad().defined(), !other) << parameter.name;
  }
  loss.per_task[1].backward();
  for (const auto& parameter : model->parameters()) {
    ASSERT_TRUE(parameter.tensor.grad().defined()) << parameter.name;
    EXPECT_GT(parameter.tensor.grad().abs().max().item<double>(), 0) << parameter.name;
  }
}

TEST(CityscapesTwoTask, DropsInHeadsUnlessAskedNotTo) {
  const auto model = make(small_config())->make_model(at::kCPU);
  model->initialize(1);
  const Batch batch = small_batch();
  const auto logits = [&](const ForwardOptions& options) {
    return model->forward(batch, options).logits;
  };
  ForwardOptions dropping, plain, evaluation;
  dropping.update_batch_norm = plain.update_batch_norm = false;
  plain.dropout = 0;
  evaluation.training = false;
  EXPECT_TRUE(logits(plain).equal(logits(plain)));
  EXPECT_FALSE(logits(dropping).equal(logits(plain)));
  EXPECT_TRUE(logits(evaluation).equal(logits(evaluation)));
}

TEST(CityscapesTwoTask, RefusesSizesThatCannotBe) {
  struct Case {
    void (*change)(Config& config);
    const char* message;
  };
  const Case cases[] = {{[](Config& c) { c.head_width = 0; }, "head_width = 0; use at least 1"},
                        {[](Config& c) { c.rates[1] = 0; }, "rates = 0; use at least 1 for each"},
                        {[](Config& c) { c.encoder.channels = 1; }, "channels = 1; images have 3"},
                        {[](Config& c) { c.dropout = 1; }, "use a rate in [0, 1)"}};
  for (const auto& c : cases) {
    Config config = small_config();
    c.change(config);
    try {
      make(config);
      FAIL() << c.message;
    } catch (const workloads::ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr(c.message));
    }
  }
}

}  // namespace
}  // namespace timetrial::cityscapes
