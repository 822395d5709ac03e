#include "task_network.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace timetrial::submissions_test {
namespace {

constexpr std::int64_t kInputs = 6, kHidden = 8, kExamples = 96;
constexpr std::int64_t kSizes[kTasks] = {60, 30, 6};
constexpr double kScales[kTasks] = {1, 0.3, 3};  // of the targets: tasks' losses differ

/// In [-1, 1), the same everywhere.
at::Tensor numbers(at::IntArrayRef shape, std::int64_t first) {
  return at::arange(c10::multiply_integers(shape), at::kDouble)
      .add(first)
      .mul(0.7548776662466927)
      .frac()
      .mul(2)
      .sub(1)
      .reshape(shape)
      .to(at::kFloat);
}

class TaskModel final : public workloads::Model {
 public:
  explicit TaskModel(bool one_shared) : one_shared_(one_shared) {
    const auto add = [this](const char* name, at::IntArrayRef shape) {
      parameters_.push_back(
          {name, ParameterType::weight, at::zeros(shape, at::kFloat).set_requires_grad(true)});
    };
    add("h0", {kHidden});
    add("first.w1", {kHidden, kInputs});
    add("first.b1", {kHidden});
    add("h1", {kHidden});
    add("w2", {kHidden, kHidden});
    add("pair", {kHidden});
    add("h2", {kHidden});
  }
  void initialize(std::uint64_t /*seed*/) override {
    const at::NoGradGuard no_grad;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      auto& tensor = parameters_[i].tensor;
      tensor.copy_(numbers(tensor.sizes(), static_cast<std::int64_t>(50 * i)));
    }
  }
  ModelOutput forward(const Batch& batch, const ForwardOptions& /*options*/) override {
    const auto tensor = [&](std::size_t i) {
      const bool constant = one_shared_ && (i == 1 || i == 2 || i == 5);
      return constant ? parameters_[i].tensor.detach() : parameters_[i].tensor;
    };
    const at::Tensor z =
        at::linear(at::linear(batch.inputs(), tensor(1), tensor(2)).tanh(), tensor(4)).tanh();
    const at::Tensor pair = z.mv(tensor(5));
    const at::Tensor outputs =
        at::stack({z.mv(tensor(0)) + pair, z.mv(tensor(3)) - pair, z.mv(tensor(6))}, 1);
    return {.logits = outputs, .representation = z};
  }

 private:
  bool one_shared_;
};

class TaskNetwork final : public workloads::Workload {
 public:
  TaskNetwork(bool one_task_per_example, bool one_shared)
      : one_(one_task_per_example), one_shared_(one_shared) {}
  workloads::Facts facts() const override {
    workloads::Facts facts;
    facts.loss_type = LossType::mean_squared_error;
    facts.metric = "loss";
    facts.higher_is_better = false;
    for (std::size_t k = 0; k < kTasks; ++k) facts.tasks.push_back({std::to_string(k), "loss"});
    facts.one_task_per_example = one_;
    return facts;
  }
  std::string configuration() const override { return ""; }
  std::unique_ptr<workloads::Model> make_model(c10::Device /*device*/) const override {
    return std::make_unique<TaskModel>(one_shared_);
  }
  Loss loss(const Batch& batch, const ModelOutput& output,
            double /*label_smoothing*/) const override {
    const at::Tensor errors = (output.logits - batch.targets()).pow(2);  // [B, K]
    const at::Tensor masks = one_ ? at::one_hot(batch.at("tasks"), kTasks).to(at::kFloat)
                                  : at::full_like(errors, 1.0 / kTasks);
    const at::Tensor counted = masks.gt(0).to(at::kFloat).sum(0);  // examples of each task
    Loss loss;
    loss.per_example = errors.mul(masks).sum(1);
    loss.summed = loss.per_example.sum();
    loss.valid_examples = batch.weights().sum();
    for (std::size_t k = 0; k < kTasks; ++k) {
      const auto column = static_cast<std::int64_t>(k);
      const bool absent = counted[column].item<float>() == 0;
      loss.per_task.push_back(absent ? at::Tensor()
                                     : errors.mul(masks.gt(0)).select(1, column).sum() /
                                           counted[column]);
    }
    return loss;
  }
  std::unique_ptr<workloads::TrainingData> open_training(
      const std::filesystem::path& /*training_dir*/) const override {
    throw std::logic_error("its data is in memory");
  }
  std::unique_ptr<workloads::Evaluation> open_evaluation(
      const std::filesystem::path& /*held_back_dir*/) const override {
    throw std::logic_error("it has no held-back data");
  }
  void prepare(const std::filesystem::path& /*packages*/,
               const std::filesystem::path& /*out*/) const override {
    throw std::logic_error("its data is in memory");
  }

 private:
  bool one_, one_shared_;
};

class TaskData final : public workloads::TrainingData {
 public:
  explicit TaskData(bool one_task_per_example) : one_(one_task_per_example) {
    inputs_ = numbers({kExamples, kInputs}, 1000);
    const at::Tensor teacher = numbers({kTasks, kInputs}, 3000);
    const at::Tensor scales = at::tensor(std::vector<double>(kScales, kScales + kTasks));
    targets_ = at::linear(inputs_, teacher).tanh().mul(scales.to(at::kFloat));
  }
  std::int64_t size() const override { return kExamples; }
  std::vector<std::int64_t> examples_of_tasks() const override {
    if (!one_) return {};
    return {kSizes, kSizes + kTasks};
  }
  Batch gather(std::span<const std::int64_t> indices, std::uint64_t /*seed*/) const override {
    const auto count = static_cast<std::int64_t>(indices.size());
    const at::Tensor index = at::tensor(std::vector<std::int64_t>(indices.begin(), indices.end()));
    Batch batch({{"inputs", inputs_.index_select(0, index)},
                 {"targets", targets_.index_select(0, index)},
                 {"weights", at::ones({count})}});
    if (one_)
      batch.set("tasks", index.ge(kSizes[0]).to(at::kLong).add(index.ge(kSizes[0] + kSizes[1])));
    return batch;
  }

 private:
  bool one_;
  at::Tensor inputs_, targets_;
};

}  // namespace

std::unique_ptr<workloads::Workload> make_task_network(bool one_task_per_example, bool one_shared) {
  return std::make_unique<TaskNetwork>(one_task_per_example, one_shared);
}
std::unique_ptr<workloads::TrainingData> make_task_data(bool one_task_per_example) {
  return std::make_unique<TaskData>(one_task_per_example);
}

}  // namespace timetrial::submissions_test
