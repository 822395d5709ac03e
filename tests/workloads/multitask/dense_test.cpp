// Tasks with a target for each pixel, against what one works out by hand.
#include "workloads/multitask/dense.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace timetrial::multitask {
namespace {

/// Two images of 1 x 3 pixels with three classes: a logit of `height` for each answer, else 0.
at::Tensor answers(const std::vector<std::int64_t>& classes, double height) {
  return at::one_hot(at::tensor(classes), 3)
             .view({2, 1, 3, 3})
             .permute({0, 3, 1, 2})
             .to(at::kFloat) *
         height;
}

at::Tensor labels(const std::vector<float>& values) { return at::tensor(values).view({2, 1, 3}); }

TEST(PixelClasses, LossIsTheMeanOverThePixelsThatHaveATarget) {
  const Task task = pixel_classes("segmentation", 3);
  const auto losses =
      example_losses(task, answers({0, 1, 2, 0, 0, 0}, 2), labels({0, 2, -1, -1, -1, -1}), 0);
  const double right = std::log(1 + 2 * std::exp(-2.0)), wrong = right + 2;
  ASSERT_EQ(losses.sizes(), (std::vector<std::int64_t>{2}));
  EXPECT_NEAR(losses[0].item<double>(), (right + wrong) / 2, 1e-6);
  EXPECT_EQ(losses[1].item<double>(), 0);
  // A tenth of the weight is spread over three classes, of which two are lower by 2.
  const auto smooth =
      example_losses(task, answers({0, 0, 0, 0, 0, 0}, 2), labels({0, -1, -1, -1, -1, -1}), 0.1);
  EXPECT_NEAR(smooth[0].item<double>(), right + 0.1 * 2 * 2 / 3, 1e-6);
}

TEST(PixelClasses, ScoresAreOfAllPixelsOfTheClassesThatOccur) {
  const Task task = pixel_classes("segmentation", 4);
  // Targets 0 0 1 | 1 – –, answers 0 1 1 | 1 2 2; class 3 is nowhere, class 2 without a target.
  const at::Tensor outputs = at::one_hot(at::tensor({0, 1, 1, 1, 2, 2}, at::kLong), 4)
                                 .view({2, 1, 3, 4})
                                 .permute({0, 3, 1, 2});
  const auto found = scores(task, outputs.to(at::kFloat), labels({0, 0, 1, 1, -1, -1}));
  EXPECT_DOUBLE_EQ(found.at("pixel_accuracy"), 3.0 / 4);
  EXPECT_DOUBLE_EQ(found.at("mean_iou"), (1.0 / 2 + 2.0 / 3) / 2);
  const double right = std::log(1 + 3 * std::exp(-1.0));
  EXPECT_NEAR(found.at("loss"), (3 * right + right + 1) / 4, 1e-9);
  EXPECT_EQ(task.metric, "mean_iou");
  EXPECT_TRUE(higher_is_better(task.metric));
}

TEST(PixelValues, ErrorsAreOfPixelsWithATargetAndTheirShareOfIt) {
  const Task task = pixel_values("depth");
  const at::Tensor outputs = at::tensor({1.0F, 2.0F, 9.0F, 3.0F, 9.0F, 9.0F}).view({2, 1, 1, 3});
  const at::Tensor targets = labels({2, 4, 0, 3, 0, 0});
  const auto losses = example_losses(task, outputs, targets, 0);
  EXPECT_NEAR(losses[0].item<double>(), 1.5, 1e-6);
  EXPECT_EQ(losses[1].item<double>(), 0);
  const auto found = scores(task, outputs, targets);
  EXPECT_DOUBLE_EQ(found.at("absolute_error"), (1.0 + 2 + 0) / 3);
  EXPECT_DOUBLE_EQ(found.at("relative_error"), (0.5 + 0.5 + 0) / 3);
  EXPECT_DOUBLE_EQ(found.at("loss"), found.at("absolute_error"));
  EXPECT_FALSE(higher_is_better(task.metric));
}

TEST(Attribute, IsJudgedByItsError) {
  const Task task = attribute("Smiling");
  const at::Tensor outputs = at::tensor({1.0F, 0.0F, 0.0F, 1.0F, 0.0F, 1.0F}).view({3, 2});
  const auto found = scores(task, outputs, at::tensor({0, 1, 0}, at::kLong));
  EXPECT_NEAR(found.at("error"), 1.0 / 3, 1e-12);
  EXPECT_EQ(found.count("accuracy"), 0U);
  EXPECT_FALSE(facts_of({task}).front().higher_is_better);
}

}  // namespace
}  // namespace timetrial::multitask
