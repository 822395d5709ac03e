#include "harness/sdk/local_training.h"

#include "harness/sdk/workload_info.h"
#include "tests/harness/sdk/lent.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <string>

namespace timetrial::sdk {
namespace {

at::Tensor drawn(Lent& lent, const std::string& hook) {
  lent.training->begin_hook(hook);
  return at::stack({at::rand({8}, lent.training->generator()), at::rand({8})});
}

TEST(LocalTraining, RandomNumbersFollowTrialStepAndHook) {
  Lent lent, same, other(99);
  const auto update = drawn(lent, "update");
  EXPECT_TRUE(at::equal(update, drawn(lent, "update")));
  EXPECT_TRUE(at::equal(update, drawn(same, "update")));
  EXPECT_FALSE(at::equal(update, drawn(other, "update")));
  EXPECT_FALSE(at::equal(update, drawn(lent, "select_batch")));
  EXPECT_FALSE(at::equal(update[0], update[1])) << "dropout must draw from another generator";
  lent.training->complete_step();
  EXPECT_FALSE(at::equal(update, drawn(lent, "update")));
}

TEST(LocalTraining, GeneratorIsNotTheDefaultOne) {
  Lent lent;
  const auto expected = drawn(lent, "update")[1];
  lent.training->begin_hook("update");
  at::rand({1000}, lent.training->generator());
  EXPECT_TRUE(at::equal(expected, at::rand({8})));
}

TEST(LocalTraining, RestoreGoesOnWithTheSameBatchesAndNumbers) {
  Lent first, second;
  for (int i = 0; i < 9; ++i) {
    first.training->batches().next();
    first.training->complete_step();
  }
  second.training->restore(first.training->position());
  EXPECT_EQ(second.training->step(), 9);
  EXPECT_TRUE(at::equal(first.training->batches().next().inputs(),
                        second.training->batches().next().inputs()));
  EXPECT_TRUE(at::equal(drawn(first, "update"), drawn(second, "update")));
}

TEST(LocalTraining, ModelStartsFromItsOwnSeed) {
  const Lent one(1, 5), other_trial(2, 5), other_model(1, 6);
  EXPECT_TRUE(at::equal(one.weights()[0], other_trial.weights()[0]));
  EXPECT_FALSE(at::equal(one.weights()[0], other_model.weights()[0]));
  other_model.training->reinitialize(5);
  EXPECT_TRUE(at::equal(one.weights()[0], other_model.weights()[0]));
  EXPECT_NE(one.training->seed("restart"), other_trial.training->seed("restart"));
  EXPECT_EQ(one.training->seed("restart"), other_model.training->seed("restart"));
}

TEST(LocalTraining, GradientsAreBackwardsWithoutTouchingGrad) {
  Lent lent;
  auto& training = *lent.training;
  const auto batch = training.batches().next();
  const auto gradients = training.gradients(training.mean_loss(batch), /*keep_graph=*/false);
  for (const auto& p : training.parameters()) EXPECT_FALSE(p.tensor.grad().defined());
  training.mean_loss(batch).backward();
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(at::equal(gradients[i], training.parameters()[i].tensor.grad()));
  }
  EXPECT_FALSE(gradients[4].defined()) << "nothing depends on it";
}

TEST(LocalTraining, GradientsOfGoBackToAnyTensorOfTheGraph) {
  Lent lent;
  auto& training = *lent.training;
  const auto batch = training.batches().next();
  const auto output = training.forward(batch, {});
  const auto loss = training.loss(batch, output, 0);
  const auto& weight = training.parameters()[0].tensor;
  const auto first = training.gradients_of(loss.mean(), {output.logits, weight}, true);
  const auto again = training.gradients_of(loss.mean(), {weight}, false);
  EXPECT_EQ(first[0].sizes(), output.logits.sizes());
  EXPECT_TRUE(at::equal(first[1], again[0]));
  EXPECT_FALSE(first[1].requires_grad()) << "of first order";
  EXPECT_FALSE(weight.grad().defined());
}

TEST(LocalTraining, RecordsTheLastValueOfEachNameUntilTheyAreTaken) {
  Lent lent;
  auto& training = *lent.training;
  training.record("weight/0", 0.25);
  training.record("weight/0", 0.5);
  training.record("clip", std::nan(""));
  const auto taken = training.take_recorded();
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken.at("weight/0"), 0.5);
  EXPECT_TRUE(std::isnan(taken.at("clip")));
  EXPECT_TRUE(training.take_recorded().empty());
}

TEST(LocalTraining, RecordsNoMoreThanAMessageHolds) {
  Lent lent;
  auto& training = *lent.training;
  EXPECT_THROW(training.record("", 1), std::invalid_argument);
  EXPECT_THROW(training.record("diagnose/raw_sharpness", 1), std::invalid_argument);
  EXPECT_THROW(training.record("evaluator/shape_bias/shape_bias", 1), std::invalid_argument);
  EXPECT_THROW(training.record(std::string(101, 'x'), 1), std::invalid_argument);
  training.record(std::string(100, 'x'), 1);
  for (int i = 1; i < 512; ++i) training.record(std::to_string(i), i);
  EXPECT_THROW(training.record("one more", 1), std::invalid_argument);
  training.record("7", 8);  // a known name is no further one
  EXPECT_EQ(training.take_recorded().size(), 512U);
}

TEST(LocalTraining, ABlindSubmissionLearnsNoNamesOfTasks) {
  WorkloadInfo info;
  info.name = "two";
  info.tasks = {{"left", "accuracy", true, 5}, {"right", "accuracy", true, 5}};
  hide_names(info);
  EXPECT_EQ(info.name, "hidden");
  EXPECT_EQ(info.tasks[1].name, "task 1");
  EXPECT_EQ(info.tasks[1].training_examples, 5);
}

TEST(LocalTraining, HessianVectorProductIsTheGradientsSlope) {
  Lent lent;
  auto& training = *lent.training;
  const auto batch = training.batches().next();
  std::vector<at::Tensor> direction;
  for (const auto& p : training.parameters()) direction.push_back(at::ones_like(p.tensor) * 0.5);
  const auto loss = [&] { return training.mean_loss(batch); };
  const auto gradients_at = [&](double distance) {
    {
      const at::NoGradGuard no_grad;
      for (std::size_t i = 0; i < direction.size(); ++i) {
        training.parameters()[i].tensor.add_(direction[i], distance);
      }
    }
    auto result = training.gradients(loss(), /*keep_graph=*/false);
    const at::NoGradGuard no_grad;
    for (std::size_t i = 0; i < direction.size(); ++i) {
      training.parameters()[i].tensor.sub_(direction[i], distance);
    }
    return result;
  };
  const at::NoGradGuard no_grad;  // a submission may well call it under one
  const auto product = training.hessian_vector_product(loss, direction);
  const at::AutoGradMode with_gradients(true);
  constexpr double kDistance = 1e-2;
  const auto ahead = gradients_at(kDistance), behind = gradients_at(-kDistance);
  for (std::size_t i = 0; i < 4; ++i) {
    const auto slope = (ahead[i] - behind[i]) / (2 * kDistance);
    EXPECT_TRUE(at::allclose(product[i], slope, /*rtol=*/1e-2, /*atol=*/1e-3)) << i;
  }
  EXPECT_EQ(product[4].abs().max().item<float>(), 0) << "zeros where the product does not reach";
}

TEST(LocalTraining, HessianOfALinearLossIsZero) {
  Lent lent;
  auto& training = *lent.training;
  const auto linear = [&] { return training.parameters()[0].tensor.sum(); };
  const auto product = training.hessian_vector_product(linear, lent.weights());
  for (const auto& tensor : product) EXPECT_EQ(tensor.abs().max().item<float>(), 0);
}

TEST(LocalTraining, RefusesWhatIsOutOfRange) {
  Lent lent;
  auto& training = *lent.training;
  const auto batch = training.batches().next();
  EXPECT_THROW(training.forward(batch, {.dropout = 1.0}), std::invalid_argument);
  EXPECT_THROW(training.mean_loss(batch, {}, -0.1), std::invalid_argument);
  EXPECT_THROW(training.hessian_vector_product([&] { return training.mean_loss(batch); }, {}),
               std::invalid_argument);
}

TEST(LocalTraining, OneWorkerIsAGroupOfItself) {
  Lent lent;
  auto& group = lent.training->collective();
  EXPECT_EQ(group.rank(), 0);
  EXPECT_EQ(group.world_size(), 1);
  auto tensor = at::ones({3});
  group.all_reduce_sum(tensor);
  group.broadcast(tensor, 0);
  group.barrier();
  EXPECT_TRUE(at::equal(tensor, at::ones({3})));
  EXPECT_THROW(group.broadcast(tensor, 1), std::out_of_range);
}

TEST(LocalTraining, EvaluationsAreCopies) {
  Lent lent;
  lent.training->add_evaluation({.step = 3, .time_used_s = 1, .metrics = {{"validation/loss", 2}}});
  auto copy = lent.training->evaluations();
  copy[0].step = 99;
  copy.clear();
  ASSERT_EQ(lent.training->evaluations().size(), 1);
  EXPECT_EQ(lent.training->evaluations()[0].step, 3);
}

}  // namespace
}  // namespace timetrial::sdk
