// Schedule-free training of a model with running statistics, which the fixture network has not.
#include "tests/submissions/altered_network.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

namespace timetrial::sdk {
namespace {

/// What the fixture network computes; its state is the mean of its last training pass's outputs.
class RememberingModel final : public workloads::Model {
 public:
  RememberingModel() : network_(make_fixture_network(false)->make_model(c10::kCPU)) {
    parameters_ = network_->parameters();
    state_.push_back({"mean", at::zeros({kFixtureOutputs})});
  }
  void initialize(std::uint64_t seed) override {
    network_->initialize(seed);
    state_[0].tensor.zero_();
  }
  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override {
    auto output = network_->forward(batch, options);
    if (options.training && options.update_batch_norm) {
      state_[0].tensor.copy_(output.logits.detach().mean(0));
    }
    return output;
  }

 private:
  std::unique_ptr<workloads::Model> network_;
};

/// In which every batch is all of the data, in the order of storage.
Problem problem() {
  constexpr std::int64_t kExamples = 32;
  Problem result;
  result.workload = std::make_unique<AlteredNetwork>(
      Alterations{.model = [] { return std::make_unique<RememberingModel>(); }});
  result.data = make_synthetic_data(kExamples, 1);
  result.batch_size = kExamples;
  result.data_order = DataOrder::stored;
  result.point = Hyperparameters({{"learning_rate", 0.05}, {"batch_norm_every", 2}});
  return result;
}

TEST(ScheduleFree, GathersRunningStatisticsWhereItIsEvaluated) {
  const auto tried = problem();
  const SubmissionLibrary file(SUBMISSIONS_DIR "/schedule_free_adamw.so");
  Rehearsal rehearsal(file, tried);
  auto& training = rehearsal.training();
  std::vector<std::int64_t> all(32);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
  const auto batch = training.batches().examples(all);
  const auto mean_here = [&] {
    const at::NoGradGuard no_grad;
    ForwardOptions options;
    options.update_batch_norm = false;
    return training.forward(batch, options).logits.mean(0);
  };
  const auto& remembered = training.model_state()[0].tensor;
  for (int step = 0; step < 8; ++step) {
    const at::Tensor at_y = mean_here();
    rehearsal.evaluate();
    const at::Tensor at_x = mean_here(), before = remembered.clone();
    rehearsal.step();
    const bool gathers = step % 2 == 0;
    EXPECT_TRUE(at::equal(remembered, gathers ? at_x : before)) << step;
    EXPECT_EQ(at::equal(at_y, at_x), step < 2) << step;  // the first average is z itself
  }
}

}  // namespace
}  // namespace timetrial::sdk
