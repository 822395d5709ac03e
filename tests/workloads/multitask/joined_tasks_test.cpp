// Training sets and evaluations of single tasks as those of one workload.
#include "workloads/multitask/joined_tasks.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace timetrial::multitask {
namespace {

using workloads::Split;

/// Examples that are `first`, `first` + 1, …
class Numbers final : public workloads::TrainingData {
 public:
  Numbers(std::int64_t first, std::int64_t size, bool slow = false)
      : first_(first), size_(size), slow_(slow) {}
  std::int64_t size() const override { return size_; }
  bool worth_reading_ahead() const override { return slow_; }
  Batch gather(std::span<const std::int64_t> indices, std::uint64_t seed) const override {
    const auto rows = at::tensor(at::ArrayRef<std::int64_t>(indices.data(), indices.size()));
    return Batch({{"inputs", rows + first_},
                  {"targets", at::full_like(rows, static_cast<std::int64_t>(seed))},
                  {"weights", at::ones({rows.size(0)})}});
  }

 private:
  std::int64_t first_, size_;
  bool slow_;
};

class Constant final : public workloads::Evaluation {
 public:
  Constant(std::map<std::string, double> metrics, std::int64_t size)
      : metrics_(std::move(metrics)), size_(size) {
    default_batch_size = size;
  }
  std::int64_t size(Split) const override { return size_; }
  std::map<std::string, double> evaluate(workloads::Model&, Split, std::int64_t) const override {
    return metrics_;
  }

 private:
  std::map<std::string, double> metrics_;
  std::int64_t size_;
};

class Nothing final : public workloads::Model {
 public:
  void initialize(std::uint64_t) override {}
  ModelOutput forward(const Batch&, const ForwardOptions&) override { return {}; }
};

std::unique_ptr<workloads::TrainingData> three_and_two(bool second_is_slow = false) {
  std::vector<std::unique_ptr<workloads::TrainingData>> parts;
  parts.push_back(std::make_unique<Numbers>(100, 3));
  parts.push_back(std::make_unique<Numbers>(200, 2, second_is_slow));
  return join_training(std::move(parts));
}

TEST(JoinTraining, TasksLieOneAfterTheOther) {
  const auto training = three_and_two();
  EXPECT_EQ(training->size(), 5);
  EXPECT_EQ(training->examples_of_tasks(), (std::vector<std::int64_t>{3, 2}));
  EXPECT_FALSE(training->worth_reading_ahead());
  EXPECT_TRUE(three_and_two(/*second_is_slow=*/true)->worth_reading_ahead());
}

TEST(JoinTraining, ABatchHasTheOrderThatWasAskedFor) {
  const auto training = three_and_two();
  const std::vector<std::int64_t> mixed{4, 0, 3, 2, 0};
  const Batch batch = training->gather(mixed, 9);
  EXPECT_TRUE(batch.inputs().equal(at::tensor({201, 100, 200, 102, 100}, at::kLong)));
  EXPECT_TRUE(batch.at("tasks").equal(at::tensor({1, 0, 1, 0, 0}, at::kLong)));
  EXPECT_TRUE(batch.targets().equal(at::full({5}, 9, at::kLong)));
  const std::vector<std::int64_t> one{3};
  EXPECT_TRUE(training->gather(one, 0).inputs().equal(at::tensor({200}, at::kLong)));
}

TEST(JoinTraining, RefusesAnIndexThatIsNone) {
  const auto training = three_and_two();
  for (const std::int64_t index : {-1, 5}) {
    EXPECT_THROW(training->gather(std::vector<std::int64_t>{index}, 0), std::out_of_range);
  }
}

TEST(JoinEvaluations, HasEachTasksMetricsAndTheirMeans) {
  std::vector<std::unique_ptr<workloads::Evaluation>> parts;
  parts.push_back(std::make_unique<Constant>(std::map<std::string, double>{{"loss", 1}}, 10));
  parts.push_back(
      std::make_unique<Constant>(std::map<std::string, double>{{"loss", 3}, {"auc", 0.5}}, 4));
  const auto joined = join_evaluations({"big", "small"}, std::move(parts));
  EXPECT_EQ(joined->size(Split::test), 14);
  EXPECT_EQ(joined->default_batch_size, 10);
  Nothing model;
  const std::map<std::string, double> expected{
      {"auc", 0.5}, {"big/loss", 1}, {"loss", 2}, {"small/auc", 0.5}, {"small/loss", 3}};
  EXPECT_EQ(joined->evaluate(model, Split::test, 1), expected);
}

}  // namespace
}  // namespace timetrial::multitask
