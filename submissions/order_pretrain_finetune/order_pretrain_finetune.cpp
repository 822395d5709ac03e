// Training on the large task first, then on a mixture, from where that led and with everything else
// anew: optimizer state, learning-rate schedule, warm-up. Around AdamW, or any other base.
// Source  Choi et al. 2023, "Order Matters in the Presence of Dataset Imbalance for Multilingual
//         Learning"
// State   the base's
// Tuned   README.md lists the hyperparameters, the controls among them; search_space.json has
// ranges
#include <timetrial/batch_size.h>
#include <timetrial/hyperparameter_reader.h>
#include <timetrial/lent_training.h>
#include <timetrial/submission.h>
#include <timetrial/task_sampling.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// Made in the base's source (timetrial_add_submission(… BASE …)).
timetrial::Submission* timetrial_wrapped_submission();

namespace {

using timetrial::Batch;
using timetrial::BatchQueue;
using timetrial::HyperparameterReader;
using timetrial::Hyperparameters;
using timetrial::Training;
using timetrial::WorkloadInfo;

constexpr const char* kPrefix = "task_";

/// The trial as the base sees it in one phase: its steps count from the phase's first, its step
/// hint is the phase's length.
class PhaseTraining final : public timetrial::LentTraining {
 public:
  void begin(std::int64_t first_step, std::int64_t length, Hyperparameters point,
             std::string name) {
    first_step_ = first_step;
    length_ = length;
    point_ = std::move(point);
    name_ = std::move(name);
  }
  /// At the begin of each hook.
  void bind(Training& inner) {
    borrow(inner);
    info_ = inner.workload();
    info_.step_hint = length_;
  }

  const WorkloadInfo& workload() const override { return info_; }
  const Hyperparameters& hyperparameters() const override { return point_; }
  std::int64_t step() const override { return lender().step() - first_step_; }
  std::uint64_t seed(const std::string& purpose) const override {
    return lender().seed(name_.empty() ? purpose : name_ + "/" + purpose);
  }

 private:
  std::int64_t first_step_ = 0, length_ = 1;
  Hyperparameters point_;
  std::string name_;
  WorkloadInfo info_;
};

/// What a phase draws: nothing set means the workload's own order.
std::vector<double> mixture(const WorkloadInfo& workload, double small_share) {
  std::vector<std::int64_t> sizes;
  for (const auto& task : workload.tasks) sizes.push_back(task.training_examples);
  const auto large = std::max_element(sizes.begin(), sizes.end()) - sizes.begin();
  const auto others = static_cast<double>(sizes.size() - 1);
  std::vector<double> shares(sizes.size(), small_share / std::max(others, 1.0));
  shares[static_cast<std::size_t>(large)] = others > 0 ? 1 - small_share : 1;
  return shares;
}

class OrderPretrainFinetune final : public timetrial::Submission {
 public:
  OrderPretrainFinetune() : base_(timetrial_wrapped_submission()) {}

  std::int64_t batch_size(const WorkloadInfo& workload) const override {
    return base_->batch_size(workload);
  }

  void init(Training& training) override {
    read(training);
    HyperparameterReader of_base(training.hyperparameters());
    batch_size_ =
        timetrial::read_batch_size(of_base).value_or(base_->batch_size(training.workload()));
    begin(training, /*second=*/false);
    base_->init(phase_);
  }

  Batch select_batch(Training& training, BatchQueue& queue) override {
    if (has_phases_ && !second_ && training.step() >= switch_step_) enter_second(training);
    phase_.bind(training);
    if (!draws_tasks_) return base_->select_batch(phase_, queue);
    const auto& shares = second_ ? second_shares_ : first_shares_;
    return queue.next_of_tasks(timetrial::multitask::sampled_counts(
        shares, batch_size_, training.seed("mixture/" + std::to_string(training.step()))));
  }

  void update(Training& training, const Batch& batch) override {
    phase_.bind(training);
    base_->update(phase_, batch);
  }

  void prepare_for_eval(Training& training) override {
    phase_.bind(training);
    base_->prepare_for_eval(phase_);
  }

  void save(timetrial::StateWriter& out) const override { base_->save(out); }

  void load(Training& training, timetrial::StateReader& in) override {
    // At the very step of the switch, the state is still the first phase's.
    if (has_phases_ && training.step() > switch_step_) enter_second(training);
    phase_.bind(training);
    base_->load(phase_, in);
  }

 private:
  void read(const Training& training) {
    std::map<std::string, double> own, rest;
    for (const auto& [name, value] : training.hyperparameters().values()) {
      (name.starts_with(kPrefix) ? own : rest)[name] = value;
    }
    const Hyperparameters point(own);
    HyperparameterReader reader(point);
    const double share = reader.inner_fraction("task_switch", 0.8);
    const double small_share = reader.fraction("task_small_share", 0.1);
    const double first_share = reader.fraction("task_pretrain_small_share", 0);
    const bool small_only = reader.choice("task_finetune_small_only", 1, 0) == 1;
    resets_ = reader.choice("task_reset", 1, 1) == 1;
    const auto rate = reader.optional_positive("task_pretrain_learning_rate");
    reader.finish();
    const auto& workload = training.workload();
    second_point_ = Hyperparameters(rest);
    has_phases_ = workload.tasks.size() > 1;
    steps_ = std::max<std::int64_t>(has_phases_ ? 2 : 1, workload.step_hint);
    if (!has_phases_) return;
    draws_tasks_ = workload.one_task_per_example;
    if (rate) rest["learning_rate"] = *rate;
    first_point_ = Hyperparameters(rest);
    switch_step_ = std::clamp<std::int64_t>(std::llround(share * double(steps_)), 1, steps_ - 1);
    if (!draws_tasks_) return;
    first_shares_ = mixture(workload, first_share);
    second_shares_ = mixture(workload, small_only ? 1 : small_share);
  }

  void enter_second(Training& training) {
    if (resets_) base_.reset(timetrial_wrapped_submission());
    begin(training, /*second=*/true);
    if (resets_) base_->init(phase_);
  }

  void begin(Training& training, bool second) {
    second_ = second;
    if (!has_phases_) {
      phase_.begin(0, training.workload().step_hint, second_point_, "");
    } else if (!resets_) {
      // One schedule over both phases; the second one's rate has no beginning of its own.
      phase_.begin(0, steps_, first_point_, "whole");
    } else if (second) {
      phase_.begin(switch_step_, steps_ - switch_step_, second_point_, "second");
    } else {
      phase_.begin(0, switch_step_, first_point_, "first");
    }
    phase_.bind(training);
  }

  std::unique_ptr<timetrial::Submission> base_;
  PhaseTraining phase_;
  Hyperparameters first_point_, second_point_;
  std::vector<double> first_shares_, second_shares_;
  std::int64_t steps_ = 2, switch_step_ = 1, batch_size_ = 1;
  bool has_phases_ = true, draws_tasks_ = false, resets_ = true, second_ = false;
};

}  // namespace

TIMETRIAL_SUBMISSION(OrderPretrainFinetune, TIMETRIAL_WRAPPER_NAME, "Timetrial authors")
