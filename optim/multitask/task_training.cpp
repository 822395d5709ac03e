#include "optim/multitask/task_training.h"

#include <timetrial/random.h>
#include <timetrial/task_sampling.h>

#include <ATen/core/grad_mode.h>

namespace timetrial::multitask::detail {

void SharedQueue::bind(BatchQueue& inner, std::int64_t batch_size,
                       const std::vector<double>& shares, std::uint64_t seed) {
  inner_ = &inner;
  batch_size_ = batch_size;
  shares_ = shares;
  seed_ = seed;
}

Batch SharedQueue::next(std::int64_t batch_size) {
  const auto drawn = static_cast<std::uint64_t>(inner_->drawn());
  return inner_->next_of_tasks(
      sampled_counts(shares_, batch_size, derive_seed(seed_, "counts", drawn)));
}

void TaskTraining::bind(Training& inner) {
  borrow(inner);
  calls_ = 0;
  seen_ = {};
}

BatchQueue& TaskTraining::queue(BatchQueue& inner) {
  if (method_ == nullptr || !lender().workload().one_task_per_example) return inner;
  const auto shares = method_->shares();
  if (shares.empty()) return inner;
  queue_.bind(inner, batch_size_, shares, lender().seed("task_sampling"));
  return queue_;
}

ModelOutput TaskTraining::forward(const Batch& batch, const ForwardOptions& options) {
  last_options_ = options;
  return lender().forward(batch, options);
}

Loss TaskTraining::loss(const Batch& batch, const ModelOutput& output, double label_smoothing) {
  Loss loss = lender().loss(batch, output, label_smoothing);
  if (method_ == nullptr || !at::GradMode::is_enabled() || !loss.summed.requires_grad()) {
    return loss;
  }
  const auto seed = derive_seed(lender().seed("task_method"), "step",
                                static_cast<std::uint64_t>(lender().step()));
  TaskStep step(lender(), loss, output, facts_, derive_seed(seed, "call", calls_),
                /*first_call=*/calls_ == 0, slices_);
  if (step.present().empty()) return loss;
  const at::Tensor combined = method_->combine(step);
  if (calls_++ == 0 && method_->wants_losses_after()) {
    seen_.batch = batch;
    seen_.options = last_options_;
    seen_.label_smoothing = label_smoothing;
    seen_.present = step.present();
    seen_.losses = step.losses();
  }
  loss.summed = combined.mul(loss.valid_examples.detach());
  return loss;
}

}  // namespace timetrial::multitask::detail
