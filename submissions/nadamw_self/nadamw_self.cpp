// NAdamW with one setting for every workload: the baseline of AlgoPerf's self-tuning ruleset.
// Source  algorithms/baselines/self_tuning/pytorch_nadamw_full_budget.py of AlgoPerf
//         (mlcommons/algorithmic-efficiency at 2c90454fc05d) for the setting; the update is
//         nadamw's
// State   nadamw's
#include <timetrial/adam.h>
#include <timetrial/baseline.h>
#include <timetrial/gradient_list.h>

#include <ATen/core/grad_mode.h>

namespace {

const timetrial::Hyperparameters& setting() {
  static const timetrial::Hyperparameters point({{"learning_rate", 0.0017486387539278373},
                                                 {"one_minus_beta1", 0.06733926164},
                                                 {"beta2", 0.9955159689799007},
                                                 {"weight_decay", 0.08121616522670176},
                                                 {"warmup_factor", 0.02},
                                                 {"dropout_rate", 0.1}});
  return point;
}

class SelfTuningNAdamW final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader(training.hyperparameters()).finish();  // must be none
    timetrial::HyperparameterReader read(setting());
    const auto adam = timetrial::read_adam(read);
    options_ = timetrial::read_baseline(read, training.workload());
    nadamw_.init(training, adam);
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    training.mean_loss(batch, options_.forward, options_.label_smoothing).backward();
    const at::NoGradGuard no_grad;
    auto reached = timetrial::take_gradients(training, options_.gradient_clip);
    nadamw_.step(reached, options_.learning_rate(training.step()), options_.weight_decay);
  }

  void save(timetrial::StateWriter& out) const override { nadamw_.save(out); }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    nadamw_.load(in);
  }

 private:
  timetrial::BaselineOptions options_;
  timetrial::NAdamW nadamw_;
};

}  // namespace

TIMETRIAL_SUBMISSION(SelfTuningNAdamW, "nadamw_self", "Timetrial authors")
