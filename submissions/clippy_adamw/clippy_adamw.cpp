// Clippy over AdamW: no weight is moved by Adam's step by more than a share of itself and a floor.
// Source  Tang et al. 2023, "Improving Training Stability for Multitask Ranking Models in
//         Recommender Systems", Algorithm 1, with Adam's step in the place of Adagrad's
// State   two moments per parameter and the number of updates
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/adam.h>
#include <timetrial/baseline.h>
#include <timetrial/clippy.h>
#include <timetrial/gradient_list.h>
#include <timetrial/rate_groups.h>
#include <timetrial/step_diagnostics.h>

#include <ATen/core/grad_mode.h>

namespace {

class ClippyAdamW final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    clippy_ = timetrial::read_clippy(read);
    adam_ = timetrial::read_adam(read);
    options_ = timetrial::read_baseline(read, training.workload());
    options_.weight_decay =
        timetrial::read_decay_form(read, options_.peak_learning_rate, options_.weight_decay);
    diagnostics_ = timetrial::StepDiagnostics(read);
    read.finish();
    moments_.init(training);
    diagnostics_.init(training);
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    auto reached = timetrial::take_gradients(training, options_.gradient_clip);
    diagnostics_.before(reached);
    const auto factors = timetrial::clippy_adamw_update(
        reached.weights, reached.gradients, reached.of(moments_.first), reached.of(moments_.second),
        moments_.count(reached), timetrial::clipped(training, reached, clippy_),
        adam_.update(options_.learning_rate(training.step()), options_.weight_decay),
        clippy_.bound);
    diagnostics_.after(reached, factors);
  }

  void prepare_for_eval(timetrial::Training& training) override { diagnostics_.report(training); }

  void save(timetrial::StateWriter& out) const override { moments_.save(out); }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    moments_.load(in);
  }

 private:
  timetrial::AdamOptions adam_;
  timetrial::BaselineOptions options_;
  timetrial::ClippyOptions clippy_;
  timetrial::AdamMoments moments_;
  timetrial::StepDiagnostics diagnostics_;
};

}  // namespace

TIMETRIAL_SUBMISSION(ClippyAdamW, "clippy_adamw", "Timetrial authors")
