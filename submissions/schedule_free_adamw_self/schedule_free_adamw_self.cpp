// Schedule-free AdamW with one setting for every workload: AlgoPerf's self-tuning ruleset.
// Source  the entry schedule_free_adamw_v2 of AlgoPerf v0.6, self-tuning
//         (mlcommons/submissions_algorithms at 12c8e4ea93dc), for the setting; the update is
//         schedule_free_adamw's
// State   schedule_free_adamw's
#include <timetrial/baseline.h>
#include <timetrial/schedule_free.h>

namespace {

/// Warm-up is 0.02 of three quarters of the step hint there.
const timetrial::Hyperparameters& setting() {
  static const timetrial::Hyperparameters point({{"learning_rate", 0.0025},
                                                 {"beta1", 0.9},
                                                 {"beta2", 0.9955159689799007},
                                                 {"weight_decay", 0.08121616522670176},
                                                 {"warmup_factor", 0.015},
                                                 {"label_smoothing", 0.2}});
  return point;
}

class SelfTuningScheduleFreeAdamW final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader(training.hyperparameters()).finish();  // must be none
    timetrial::HyperparameterReader read(setting());
    adamw_.init(training, timetrial::read_schedule_free(read, training.workload()));
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    adamw_.update(training, batch);
  }
  void prepare_for_eval(timetrial::Training& /*training*/) override { adamw_.enter_average(); }

  void save(timetrial::StateWriter& out) const override { adamw_.save(out); }
  void load(timetrial::Training& /*training*/, timetrial::StateReader& in) override {
    adamw_.load(in);
  }

 private:
  timetrial::ScheduleFreeAdamW adamw_;
};

}  // namespace

TIMETRIAL_SUBMISSION(SelfTuningScheduleFreeAdamW, "schedule_free_adamw_self", "Timetrial authors")
