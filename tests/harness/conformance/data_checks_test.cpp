// Evaluations that depend on what they must not, and halves that share an example, are found.
#include "harness/conformance/data_checks.h"

#include "tests/harness/conformance/toy.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gmock/gmock.h>

#include <numeric>

namespace timetrial::conformance {
namespace {

using test::make_toy;
using test::ToyFault;
using workloads::Split;

enum class DataFault { none, mean_of_batches, threads, shared, shared_held_back };

/// Row i is i in all columns, plus `first`.
Batch rows(std::int64_t first, const std::vector<std::int64_t>& indices) {
  const auto count = static_cast<std::int64_t>(indices.size());
  Batch batch;
  at::Tensor inputs = at::empty({count, 4});
  for (std::int64_t i = 0; i < count; ++i) {
    inputs[i].fill_(static_cast<double>(first + indices[static_cast<std::size_t>(i)]) / 100);
  }
  batch.set("inputs", inputs);
  batch.set("targets", inputs.select(1, 0).mul(100).to(at::kLong).remainder(3));
  batch.set("weights", at::ones({count}));
  return batch;
}

class Training final : public workloads::TrainingData {
 public:
  std::int64_t size() const override { return 100; }
  Batch gather(std::span<const std::int64_t> indices, std::uint64_t) const override {
    return rows(0, {indices.begin(), indices.end()});
  }
};

class HeldBack final : public workloads::Evaluation {
 public:
  explicit HeldBack(DataFault fault) : fault_(fault) { default_batch_size = 16; }
  std::int64_t size(Split) const override { return 40; }
  std::map<std::string, double> evaluate(workloads::Model& model, Split split,
                                         std::int64_t batch_size) const override {
    double sum = 0, batches = 0;
    for (std::int64_t begin = 0; begin < size(split); begin += batch_size) {
      std::vector<std::int64_t> indices(std::min(batch_size, size(split) - begin));
      std::iota(indices.begin(), indices.end(), begin);
      ForwardOptions options;
      options.training = false;
      const auto logits = model.forward(rows(first(split), indices), options).logits;
      const bool mean = fault_ == DataFault::mean_of_batches;
      sum += (mean ? logits.square().mean() : logits.square().sum()).item<double>();
      ++batches;
    }
    if (fault_ == DataFault::mean_of_batches) return {{"size", sum / batches}};
    if (fault_ == DataFault::threads) sum *= at::get_num_threads();
    return {{"size", sum}};
  }

 private:
  std::int64_t first(Split split) const {
    if (split == Split::validation) return fault_ == DataFault::shared ? 98 : 1000;
    return fault_ == DataFault::shared_held_back ? 1037 : 2000;
  }
  DataFault fault_;
};

TEST(DataChecks, HoldForRightData) {
  const auto toy = make_toy(ToyFault::none);
  const HeldBack held_back(DataFault::none);
  const auto sizes = check_evaluation_batch_size(*toy, Training(), held_back);
  EXPECT_TRUE(sizes.passed) << sizes.error;
  EXPECT_EQ(sizes.detail, "validation in batches of 16 and 5");
  EXPECT_TRUE(check_evaluation_threads(*toy, Training(), held_back).passed);
  const auto halves = check_halves_are_disjoint(*toy, Training(), held_back);
  EXPECT_TRUE(halves.passed) << halves.error;
  EXPECT_EQ(halves.detail, "100 training, 40 validation and 40 test examples that differ");
}

TEST(DataChecks, AMetricThatDependsOnTheBatchSizeIsFound) {
  const auto result = check_evaluation_batch_size(*make_toy(ToyFault::none), Training(),
                                                  HeldBack(DataFault::mean_of_batches));
  EXPECT_FALSE(result.passed);
}

TEST(DataChecks, AMetricThatDependsOnTheThreadsIsFound) {
  const int before = at::get_num_threads();
  const auto result =
      check_evaluation_threads(*make_toy(ToyFault::none), Training(), HeldBack(DataFault::threads));
  EXPECT_FALSE(result.passed);
  EXPECT_EQ(result.error, 1);
  EXPECT_EQ(at::get_num_threads(), before);
}

TEST(DataChecks, SharedExamplesAreCounted) {
  const auto toy = make_toy(ToyFault::none);
  const auto trained = check_halves_are_disjoint(*toy, Training(), HeldBack(DataFault::shared));
  EXPECT_FALSE(trained.passed);
  EXPECT_EQ(trained.error, 2);  // 98 and 99
  const auto held =
      check_halves_are_disjoint(*toy, Training(), HeldBack(DataFault::shared_held_back));
  EXPECT_FALSE(held.passed);
  EXPECT_EQ(held.error, 3);  // 1037 to 1039
}

/// Every example has two rows of "parts", and nothing else tells examples apart.
Batch parts(std::int64_t first, const std::vector<std::int64_t>& indices) {
  Batch batch = rows(first, indices);
  batch.set("parts", batch.inputs().repeat_interleave(2, 0) +
                         at::tensor({0.0, 0.5}).repeat({batch.size()}).unsqueeze(1));
  batch.set("inputs", at::zeros_like(batch.inputs()));
  batch.set("targets", at::zeros_like(batch.targets()));
  return batch;
}

class RaggedTraining final : public workloads::TrainingData {
 public:
  std::int64_t size() const override { return 100; }
  Batch gather(std::span<const std::int64_t> indices, std::uint64_t) const override {
    return parts(0, {indices.begin(), indices.end()});
  }
};

/// Validation has the examples 98 to 102, test 103 to 107.
class RaggedHeldBack final : public workloads::Evaluation {
 public:
  std::int64_t size(Split) const override { return 5; }
  std::map<std::string, double> evaluate(workloads::Model& model, Split split,
                                         std::int64_t batch_size) const override {
    for (std::int64_t begin = 0; begin < 5; begin += batch_size) {
      std::vector<std::int64_t> indices(std::min<std::int64_t>(batch_size, 5 - begin));
      std::iota(indices.begin(), indices.end(), begin);
      model.forward(parts(split == Split::validation ? 98 : 103, indices), {});
    }
    return {};
  }
};

TEST(DataChecks, SharedExamplesOfSeveralRowsAreCounted) {
  const auto halves =
      check_halves_are_disjoint(*make_toy(ToyFault::none), RaggedTraining(), RaggedHeldBack());
  EXPECT_EQ(halves.error, 2);  // 98 and 99
  EXPECT_EQ(halves.detail, "100 training, 5 validation and 5 test examples that differ");
}

TEST(DataChecks, ABatchIsSpreadOverTheTrainingSet) {
  const Batch batch = spread_batch(Training(), 4);
  EXPECT_TRUE(at::allclose(batch.inputs().select(1, 0), at::arange(4) * 0.25));
  EXPECT_EQ(spread_batch(Training(), 1000).size(), 100);
}

}  // namespace
}  // namespace timetrial::conformance
