#pragma once
// What a wrapped submission is lent: the trial's own Training, but for the loss, the
// hyperparameters, and the batches of methods that draw tasks.

#include <timetrial/lent_training.h>
#include <timetrial/task_wrapper.h>

#include <map>
#include <string>

namespace timetrial::multitask::detail {

/// A queue that draws each batch's tasks by shares. Position and orders are the inner queue's.
class SharedQueue final : public BatchQueue {
 public:
  void bind(BatchQueue& inner, std::int64_t batch_size, const std::vector<double>& shares,
            std::uint64_t seed);
  Batch next(std::int64_t batch_size) override;
  Batch next() override { return next(batch_size_); }
  Batch examples(const std::vector<std::int64_t>& indices) override {
    return inner_->examples(indices);
  }
  std::int64_t drawn() const override { return inner_->drawn(); }
  Batch next_of_tasks(const std::vector<std::int64_t>& counts) override {
    return inner_->next_of_tasks(counts);
  }
  std::vector<std::int64_t> drawn_of_tasks() const override { return inner_->drawn_of_tasks(); }

 private:
  BatchQueue* inner_ = nullptr;
  std::int64_t batch_size_ = 1;
  std::vector<double> shares_;
  std::uint64_t seed_ = 0;  // of the next batch, by how many examples were drawn
};

class TaskTraining final : public LentTraining {
 public:
  /// The first loss with gradients that the base asked for in a step, for methods that want it
  /// again.
  struct Seen {
    Batch batch;
    ForwardOptions options;
    double label_smoothing = 0;
    Present present;
    std::vector<double> losses;
  };

  /// `method` is null where there is one task.
  void set_method(TaskMethod* method, std::int64_t slices) {
    method_ = method;
    slices_ = slices;
  }
  void set_hyperparameters(Hyperparameters base) { base_point_ = std::move(base); }
  /// At the begin of each hook.
  void bind(Training& inner);
  /// The trial's queue, or one that draws tasks.
  BatchQueue& queue(BatchQueue& inner);
  void set_batch_size(std::int64_t batch_size) { batch_size_ = batch_size; }
  const Seen& seen() const { return seen_; }
  ModelFacts& facts() { return facts_; }
  const ModelFacts& facts() const { return facts_; }

  const Hyperparameters& hyperparameters() const override { return base_point_; }
  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override;
  Loss loss(const Batch& batch, const ModelOutput& output, double label_smoothing) override;
  BatchQueue& batches() override { return queue(lender().batches()); }

 private:
  TaskMethod* method_ = nullptr;
  std::int64_t slices_ = 0, batch_size_ = 1;
  Hyperparameters base_point_;
  ModelFacts facts_;
  SharedQueue queue_;
  ForwardOptions last_options_;
  Seen seen_;
  std::uint64_t calls_ = 0;  // of loss, with gradients, since bind
};

}  // namespace timetrial::multitask::detail
