#pragma once
// What a submission is lent: the model being trained, its loss, and the facts of the trial.
//
//   auto loss = training.mean_loss(batch);   // forward + loss, averaged over valid examples
//   loss.backward();
//   for (const auto& p : training.parameters()) { … p.tensor, p.tensor.grad() … }
//
// All of it lives on one device; nothing here is safe to call from two threads at once. Everything
// returned by reference stays valid, and the same, until the trial ends.

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <timetrial/batch.h>
#include <timetrial/collective.h>
#include <timetrial/parameter.h>
#include <timetrial/workload_info.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace timetrial {

/// One point of the search space, by name. Numbers only: a choice among words is a number of the
/// submission's own. Empty under the self-tuning rule set.
class Hyperparameters {
 public:
  Hyperparameters() = default;
  explicit Hyperparameters(std::map<std::string, double> values) : values_(std::move(values)) {}
  /// Throws std::out_of_range naming the hyperparameter that the point lacks.
  double at(const std::string& name) const {
    const auto found = values_.find(name);
    if (found == values_.end()) {
      throw std::out_of_range("hyperparameter '" + name + "' is not in the tuning point");
    }
    return found->second;
  }
  double get(const std::string& name, double otherwise) const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : found->second;
  }
  bool contains(const std::string& name) const { return values_.count(name) != 0; }
  bool empty() const { return values_.empty(); }
  const std::map<std::string, double>& values() const { return values_; }

 private:
  std::map<std::string, double> values_;
};

struct ForwardOptions {
  bool training = true;           ///< false: evaluation mode (running statistics, no dropout)
  bool update_batch_norm = true;  ///< false: batch statistics are used but not remembered
  std::optional<double> dropout;  ///< rate in [0, 1) for every site; unset: the workload's default
};

struct ModelOutput {
  at::Tensor logits;         ///< shape on the workload's page, such as [B, classes]
  at::Tensor paddings = {};  ///< [B, T], 1 where padded; undefined for workloads without
  /// What the shared part of a multi-task model hands to its heads, [B, …]; undefined for others.
  at::Tensor representation = {};
  /// What each head of a multi-task model gives, before `logits` joins them: so a task's loss does
  /// not depend on another task's head. One for each task, undefined where no example of the batch
  /// is of the task; empty for others.
  std::vector<at::Tensor> task_outputs = {};
};

struct Loss {
  at::Tensor per_example;     ///< [B] (or the shape named on the workload's page), 0 where padded
  at::Tensor summed;          ///< scalar: sum over valid examples
  at::Tensor valid_examples;  ///< scalar: the divisor of the mean
  /// Mean loss of each task over its valid examples, scalars; one entry for a workload with a
  /// single task. Undefined for a task that no example of the batch is of.
  std::vector<at::Tensor> per_task;

  at::Tensor mean() const { return summed.div(valid_examples); }
};

/// One evaluation by the referee, as the submission may see it.
struct EvaluationResult {
  std::int64_t step = 0;
  double time_used_s = 0;                 ///< submission time at which it was taken
  std::map<std::string, double> metrics;  ///< such as "validation/accuracy", "train/loss"
};

class Training {
 public:
  virtual ~Training() = default;

  // --- the workload and the trial -------------------------------------------------------------
  virtual const WorkloadInfo& workload() const = 0;
  virtual const Hyperparameters& hyperparameters() const = 0;
  virtual c10::Device device() const = 0;
  /// Completed calls of Submission::update: 0 in the first one.
  virtual std::int64_t step() const = 0;
  /// A seed of this trial for `purpose`; the same in every process that runs this trial.
  virtual std::uint64_t seed(const std::string& purpose) const = 0;
  /// Random generator on device(), freshly seeded from (trial, step, hook) before each hook, so a
  /// resumed trial continues with the same numbers. Dropout draws from another one.
  virtual at::Generator generator() = 0;
  /// Submission time used so far, seconds. An estimate for schedules: the referee's clock counts.
  virtual double time_used_s() const = 0;
  /// Evaluations so far, oldest first: a copy, changing it changes nothing.
  virtual std::vector<EvaluationResult> evaluations() const = 0;

  // --- the model --------------------------------------------------------------------------------
  virtual const std::vector<Parameter>& parameters() const = 0;
  /// Batch-norm statistics and the like; may be changed in place, counts as model state.
  virtual const std::vector<NamedTensor>& model_state() const = 0;
  /// Sets parameters and model state to a fresh initialisation from `seed`, in place.
  virtual void reinitialize(std::uint64_t seed) = 0;
  virtual ModelOutput forward(const Batch& batch, const ForwardOptions& options) = 0;
  /// `label_smoothing` in [0, 1); ignored by losses that have none (the workload's page says).
  virtual Loss loss(const Batch& batch, const ModelOutput& output, double label_smoothing) = 0;

  // --- for whoever studies the trial
  // ------------------------------------------------------------
  /// What the submission tells of itself with the next evaluation, such as the weights that it
  /// gives to tasks: kept in the store, and nothing decides by it. The last value of a name counts;
  /// NaN is a value. Throws std::invalid_argument for an empty name, one longer than 100 bytes, and
  /// the 513th name since the last evaluation.
  virtual void record(const std::string& name, double value) = 0;

  // --- data and peers ---------------------------------------------------------------------------
  /// For steps that use several batches.
  virtual BatchQueue& batches() = 0;
  virtual Collective& collective() = 0;

  // --- conveniences (the same for all)
  // ------------------------------------------------------------
  /// Gradients of a scalar with respect to all parameters, in their order, without touching
  /// `.grad()`; dense, and undefined where the scalar does not depend on one. `keep_graph` allows
  /// differentiating them again.
  virtual std::vector<at::Tensor> gradients(const at::Tensor& scalar, bool keep_graph) = 0;
  /// Gradients of a scalar with respect to any tensors that it was computed from; undefined where
  /// it does not depend on one. `keep_graph` allows further backward passes, of first order.
  virtual std::vector<at::Tensor> gradients_of(const at::Tensor& scalar,
                                               const std::vector<at::Tensor>& tensors,
                                               bool keep_graph) = 0;
  /// Hessian-vector products: the Hessian of the scalar that `loss` returns, times `vectors` (one
  /// per parameter, in their order, of their shapes). Dense, and zeros where the product does not
  /// reach.
  virtual std::vector<at::Tensor> hessian_vector_product(
      const std::function<at::Tensor()>& loss, const std::vector<at::Tensor>& vectors) = 0;

  /// Mean loss of a training-mode forward pass.
  at::Tensor mean_loss(const Batch& batch, const ForwardOptions& options = {},
                       double label_smoothing = 0) {
    return loss(batch, forward(batch, options), label_smoothing).mean();
  }
};

}  // namespace timetrial
