// teacher_mlp_fullbatch: data, facts, loss.
#include "workloads/teacher/mlp_fullbatch.h"

#include "tests/support/prepared_data.h"
#include "tests/support/second_derivative.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <timetrial/baseline.h>

namespace timetrial::teacher {
namespace {

using workloads::Split;

TEST(MlpFullbatch, HasTheDataOfItsPage) {
  const test::PreparedData data("teacher_mlp_fullbatch");
  data.expect_same_bytes_again();
  const auto training = data.training();
  ASSERT_EQ(training->size(), 256);
  const auto evaluation = data.held_back();
  EXPECT_EQ(evaluation->size(Split::train_subset), 256);
  EXPECT_EQ(evaluation->size(Split::validation), 1'024);
  EXPECT_EQ(evaluation->size(Split::test), 1'024);
  const Batch all = test::examples(*training, 0, 256);
  EXPECT_EQ(all.inputs().sizes(), (std::vector<std::int64_t>{256, 16}));
  EXPECT_EQ(all.targets().sizes(), (std::vector<std::int64_t>{256, 5}));
  EXPECT_EQ(test::rows_of(all.inputs()).size(), 256U);
  EXPECT_LT(all.targets().mean(0).abs().max().item<double>(), 0.8);
  EXPECT_LT(all.targets().std(0).sub(3.3).abs().max().item<double>(), 0.6);
  const auto again = mlp_fullbatch_examples(11, 2), longer = mlp_fullbatch_examples(11, 3);
  EXPECT_TRUE(longer.targets.slice(0, 0, 2).equal(again.targets)) << "a function of the place";
}

TEST(MlpFullbatch, EveryStepSeesEveryExample) {
  WorkloadInfo info;
  info.name = "teacher_mlp_fullbatch";
  EXPECT_EQ(baseline_batch_size(info), 256);
  info.name = "teacher_two_tasks";
  EXPECT_EQ(baseline_batch_size(info), 64);
}

TEST(MlpFullbatch, HasOneTaskAndOneMetric) {
  const test::PreparedData data("teacher_mlp_fullbatch");
  const auto workload = make_mlp_fullbatch();
  const auto facts = workload->facts();
  EXPECT_TRUE(facts.tasks.empty());
  EXPECT_EQ(facts.metric, "loss");
  EXPECT_FALSE(facts.higher_is_better);
  EXPECT_EQ(facts.loss_type, LossType::mean_squared_error);
  const auto model = workload->make_model(at::kCPU);
  model->initialize(3);
  std::int64_t count = 0;
  for (const auto& parameter : model->parameters()) count += parameter.tensor.numel();
  EXPECT_EQ(count, 16 * 32 + 32 + 32 * 32 + 32 + 32 * 5 + 5);
  // The metric is the loss, from all examples and from the two halves of a batch alike.
  const Batch all = test::examples(*data.training(), 0, 256);
  const auto loss = workload->loss(all, model->forward(all, {}), 0);
  const at::Tensor expected = (model->forward(all, {}).logits - all.targets()).square().mean(1);
  EXPECT_TRUE(loss.per_example.allclose(expected));
  const auto metrics = data.held_back()->evaluate(*model, Split::train_subset, 100);
  EXPECT_THAT(metrics, testing::ElementsAre(testing::Key("loss")));
  EXPECT_NEAR(metrics.at("loss"), loss.mean().item<double>(), 1e-5);
  EXPECT_LT(test::hessian_vector_error(*workload, *model, all), 1e-2);
}

}  // namespace
}  // namespace timetrial::teacher
