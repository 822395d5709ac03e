#pragma once
// A batch of training examples, and the endless queue that batches are drawn from.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace timetrial {

/// Named tensors whose first dimension is the example. Every workload has "inputs", "targets" and
/// "weights" (float32 [B], 0 for padding); those with one task for each example have "tasks" (int64
/// [B]); some have more, listed on the workload's page.
class Batch {
 public:
  Batch() = default;
  explicit Batch(std::map<std::string, at::Tensor> tensors) : tensors_(std::move(tensors)) {}

  const at::Tensor& inputs() const { return at("inputs"); }
  const at::Tensor& targets() const { return at("targets"); }
  const at::Tensor& weights() const { return at("weights"); }

  /// Throws std::out_of_range naming the tensor that is not there.
  const at::Tensor& at(const std::string& name) const {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) throw std::out_of_range("batch has no tensor '" + name + "'");
    return found->second;
  }
  bool contains(const std::string& name) const { return tensors_.count(name) != 0; }
  void set(const std::string& name, at::Tensor value) { tensors_[name] = std::move(value); }
  const std::map<std::string, at::Tensor>& tensors() const { return tensors_; }

  /// Examples in the batch, padding included; 0 for an empty batch.
  std::int64_t size() const { return tensors_.empty() ? 0 : inputs().size(0); }

 private:
  std::map<std::string, at::Tensor> tensors_;
};

/// The training set in a shuffled order that never ends: each pass over the data is a new
/// permutation, derived from the trial's seed (the data of a stream keep their order, pass after
/// pass). The position is part of a checkpoint.
class BatchQueue {
 public:
  virtual ~BatchQueue() = default;

  /// The next `batch_size` examples of the order (a batch may span two passes). Throws
  /// std::invalid_argument unless batch_size >= 1.
  virtual Batch next(std::int64_t batch_size) = 0;

  /// Next batch of the size that Submission::batch_size asked for.
  virtual Batch next() = 0;

  /// counts[k] examples of task k, one task after the other, each task in a shuffled endless order
  /// of its own. Only for workloads with one task for each example (WorkloadInfo); next() mixes
  /// their tasks by their numbers of examples. Throws std::invalid_argument for another workload,
  /// unless there is one count for each task, none is negative and their sum is positive.
  virtual Batch next_of_tasks(const std::vector<std::int64_t>& counts) = 0;

  /// Any examples of the training set, by index in [0, training_examples). Does not move the
  /// queue. Throws std::out_of_range for another index.
  virtual Batch examples(const std::vector<std::int64_t>& indices) = 0;

  /// Examples drawn by next() so far.
  virtual std::int64_t drawn() const = 0;

  /// Examples of each task drawn so far, by next() and next_of_tasks(); empty for workloads without
  /// one task for each example.
  virtual std::vector<std::int64_t> drawn_of_tasks() const = 0;
};

}  // namespace timetrial
