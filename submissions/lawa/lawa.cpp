// LAWA: AdamW, evaluated at the mean of its latest weights.
// Source  Kaddour 2022, "Stop Wasting My Time! Saving Days of ImageNet and BERT Training with
//         Latest Weight Averaging" (arXiv 2209.14981); the steps are AdamW's
// State   two moments per parameter and its number of updates; the last `length` copies of the
//         weights
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/adam.h>
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>
#include <timetrial/rate_groups.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_copy.h>
#include <ATen/ops/_foreach_div.h>

#include <algorithm>
#include <cmath>

namespace {

class Lawa final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    const auto adam = timetrial::read_adam(read);
    const auto length = static_cast<std::size_t>(read.whole("length", 5));
    const double every = read.inner_fraction("every_factor", 0.01);
    options_ = timetrial::read_baseline(read, training.workload());
    rates_ = timetrial::RateGroups(read, options_);
    read.finish();
    rates_.init(training);
    const auto hint = static_cast<double>(training.workload().step_hint);
    every_ = std::max<std::int64_t>(1, std::llround(every * hint));

    adamw_.init(training, adam);
    for (const auto& parameter : training.parameters()) {
      weights_.push_back(parameter.tensor);
    }
    here_ = timetrial::zeros_like_parameters(training);
    latest_.resize(length);
    for (auto& copy : latest_) copy = timetrial::zeros_like_parameters(training);
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    go_back();
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    auto reached = timetrial::take_gradients(training, options_.gradient_clip);
    rates_.each(reached, options_.learning_rate(training.step()),
                [&](timetrial::GradientList& part, const timetrial::Rates& rates) {
                  adamw_.step(part, rates.rate, rates.weight_decay);
                });
    if ((training.step() + 1) % every_ == 0) {
      at::_foreach_copy_(latest_[static_cast<std::size_t>(kept_) % latest_.size()], weights_);
      ++kept_;
    }
  }

  /// Until there are two copies the weights are as good as their mean.
  void prepare_for_eval(timetrial::Training& /*training*/) override {
    const auto count = std::min(static_cast<std::size_t>(kept_), latest_.size());
    if (away_ || count < 2) return;
    const at::NoGradGuard no_grad;
    at::_foreach_copy_(here_, weights_);
    at::_foreach_copy_(weights_, latest_[0]);
    for (std::size_t i = 1; i < count; ++i) at::_foreach_add_(weights_, latest_[i]);
    at::_foreach_div_(weights_, static_cast<double>(count));
    away_ = true;
  }

  void save(timetrial::StateWriter& out) const override {
    adamw_.save(out);
    for (std::size_t i = 0; i < latest_.size(); ++i) {
      out.put("latest." + std::to_string(i), latest_[i]);
    }
    out.put("kept", kept_);
    out.put("away", static_cast<std::int64_t>(away_));
    out.put("here", here_);
  }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    adamw_.load(in);
    for (std::size_t i = 0; i < latest_.size(); ++i) {
      timetrial::load_into(in, "latest." + std::to_string(i), latest_[i]);
    }
    kept_ = in.integer("kept");
    away_ = in.integer("away") != 0;
    timetrial::load_into(in, "here", here_);
  }

 private:
  void go_back() {
    if (!away_) return;
    const at::NoGradGuard no_grad;
    at::_foreach_copy_(weights_, here_);
    away_ = false;
  }

  std::int64_t every_ = 1;  // updates between copies
  timetrial::BaselineOptions options_;
  timetrial::RateGroups rates_;
  timetrial::AdamW adamw_;
  // Each in the order of Training::parameters().
  std::vector<at::Tensor> weights_;
  std::vector<at::Tensor> here_;                 // the weights while their mean is in their place
  std::vector<std::vector<at::Tensor>> latest_;  // a ring, the next one at kept_ modulo its length
  std::int64_t kept_ = 0;
  bool away_ = false;
};

}  // namespace

TIMETRIAL_SUBMISSION(Lawa, "lawa", "Timetrial authors")
