// AdamW: steps by the ratio of first to root second moment, with decoupled weight decay.
// Source  Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization", Algorithm 2;
//         the same arithmetic as torch.optim.AdamW
// State   two moments per parameter and its number of updates
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/adam.h>
#include <timetrial/baseline.h>
#include <timetrial/batch_size.h>
#include <timetrial/gradient_list.h>
#include <timetrial/rate_groups.h>

#include <ATen/core/grad_mode.h>

#include <cstdint>
#include <optional>

namespace {

class AdamW final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    const auto adam = timetrial::read_adam(read);
    options_ = timetrial::read_baseline(read, training.workload());
    rates_ = timetrial::RateGroups(read, options_);
    batch_size_ = timetrial::read_batch_size(read);
    read.finish();
    rates_.init(training);
    adamw_.init(training, adam);
  }

  timetrial::Batch select_batch(timetrial::Training& /*training*/,
                                timetrial::BatchQueue& queue) override {
    return batch_size_ ? queue.next(*batch_size_) : queue.next();
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    auto reached = timetrial::take_gradients(training, options_.gradient_clip);
    rates_.each(reached, options_.learning_rate(training.step()),
                [&](timetrial::GradientList& part, const timetrial::Rates& rates) {
                  adamw_.step(part, rates.rate, rates.weight_decay);
                });
  }

  std::optional<timetrial::Preconditioner> preconditioner(
      const timetrial::Training& training) const override {
    if (training.step() == 0) return {};
    return adamw_.preconditioner(options_.learning_rate(training.step()), rates_);
  }

  void save(timetrial::StateWriter& out) const override { adamw_.save(out); }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    adamw_.load(in);
  }

 private:
  timetrial::BaselineOptions options_;
  std::optional<std::int64_t> batch_size_;  // instead of the baselines' for the workload
  timetrial::RateGroups rates_;
  timetrial::AdamW adamw_;
};

}  // namespace

TIMETRIAL_SUBMISSION(AdamW, "adamw", "Timetrial authors")
