// The wrapper: a base submission and a method as one.
#include "optim/multitask/task_training.h"

#include <timetrial/batch_size.h>
#include <timetrial/task_wrapper.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>

namespace timetrial::multitask {
namespace {

constexpr const char* kPrefix = "task_";
// In a checkpoint, beside the base's own.
constexpr const char* kState = "task_method";
constexpr const char* kReached = "task_reached";
constexpr const char* kLastShared = "task_last_shared";

at::Tensor as_tensor(const std::vector<double>& numbers) {
  at::Tensor tensor = at::empty({static_cast<std::int64_t>(numbers.size())}, at::kDouble);
  std::copy(numbers.begin(), numbers.end(), tensor.mutable_data_ptr<double>());
  return tensor;
}

std::vector<double> as_numbers(const at::Tensor& tensor) {
  const at::Tensor values = tensor.to(at::kDouble).cpu();
  const double* begin = values.const_data_ptr<double>();
  return {begin, begin + values.numel()};
}

/// The method's part of a point, and the base's.
std::pair<Hyperparameters, Hyperparameters> split(const Hyperparameters& point) {
  std::map<std::string, double> method, base;
  for (const auto& [name, value] : point.values()) {
    (name.starts_with(kPrefix) ? method : base)[name] = value;
  }
  return {Hyperparameters(std::move(method)), Hyperparameters(std::move(base))};
}

TaskFacts facts_of(const WorkloadInfo& workload, std::int64_t batch_size) {
  TaskFacts facts;
  facts.tasks = workload.tasks.size();
  for (const auto& task : workload.tasks) facts.examples.push_back(task.training_examples);
  facts.training_examples = workload.training_examples;
  facts.batch_size = batch_size;
  facts.step_hint = workload.step_hint;
  return facts;
}

/// Names that a method did not ask for are refused, as a base refuses its own.
class TaskSubmission final : public Submission {
 public:
  TaskSubmission(std::unique_ptr<Submission> base, std::unique_ptr<TaskMethod> method)
      : base_(std::move(base)), method_(std::move(method)) {}

  std::int64_t batch_size(const WorkloadInfo& workload) const override {
    return base_->batch_size(workload);
  }

  void init(Training& training) override {
    auto [own, rest] = split(training.hyperparameters());
    HyperparameterReader of_base(rest);
    const auto asked = read_batch_size(of_base);  // a base that does not know it refuses it
    const auto& workload = training.workload();
    const auto size = asked.value_or(base_->batch_size(workload));
    training_.set_hyperparameters(std::move(rest));
    training_.bind(training);
    training_.set_batch_size(size);
    HyperparameterReader read(own);
    const auto slices =
        static_cast<std::int64_t>(read.contains("task_slices") ? read.whole("task_slices") : 0);
    method_->init(facts_of(workload, size), read);
    read.finish();
    if (workload.tasks.size() > 1) training_.set_method(method_.get(), slices);
    base_->init(training_);
  }

  Batch select_batch(Training& training, BatchQueue& queue) override {
    training_.bind(training);
    return base_->select_batch(training_, training_.queue(queue));
  }

  void update(Training& training, const Batch& batch) override {
    training_.bind(training);
    base_->update(training_, batch);
    if (!training_.seen().present.empty()) learn_after(training);
  }

  void prepare_for_eval(Training& training) override {
    training_.bind(training);
    base_->prepare_for_eval(training_);
  }

  void save(StateWriter& out) const override {
    base_->save(out);
    out.put(kState, as_tensor(method_->state()));
    const auto& reached = training_.facts().reached;
    out.put(kReached, as_tensor({reached.begin(), reached.end()}));
    const auto& last = training_.facts().last_shared;
    out.put(kLastShared, last ? static_cast<std::int64_t>(*last) : std::int64_t{-1});
  }

  void load(Training& training, StateReader& in) override {
    training_.bind(training);
    base_->load(training_, in);
    method_->restore(as_numbers(in.tensor(kState)));
    const auto reached = as_numbers(in.tensor(kReached));
    auto& facts = training_.facts();
    facts.reached.assign(reached.begin(), reached.end());
    const auto last = in.integer(kLastShared);
    if (last >= 0) facts.last_shared = static_cast<std::size_t>(last);
  }

 private:
  /// The losses of the step's batch once more, at the weights that the step has left.
  void learn_after(Training& training) {
    const at::NoGradGuard no_grad;
    const auto& seen = training_.seen();
    ForwardOptions options = seen.options;
    options.update_batch_norm = false;
    const auto loss =
        training.loss(seen.batch, training.forward(seen.batch, options), seen.label_smoothing);
    std::vector<at::Tensor> scalars;
    for (const auto task : seen.present) scalars.push_back(loss.per_task[task]);
    method_->learn_after(seen.present, seen.losses, as_numbers(at::stack(scalars)));
  }

  std::unique_ptr<Submission> base_;
  std::unique_ptr<TaskMethod> method_;
  detail::TaskTraining training_;
};

}  // namespace

void FixedShares::init(const TaskFacts& facts, HyperparameterReader& read) {
  shares_ = read_shares(facts, read);
  double sum = 0;
  for (const double share : shares_) sum += share;
  for (double& share : shares_) share /= sum;
}

at::Tensor FixedShares::combine(TaskStep& step) {
  Coefficients weights;
  for (const auto task : step.present()) weights.push_back(shares_.at(task));
  if (!step.one_task_per_example()) return step.weighted(weights);
  step.record_weights(weights);
  return step.plain();
}

std::unique_ptr<Submission> wrap(std::unique_ptr<Submission> base,
                                 std::unique_ptr<TaskMethod> method) {
  return std::make_unique<TaskSubmission>(std::move(base), std::move(method));
}

}  // namespace timetrial::multitask
