// Schedule-free AdamW: gradients at an interpolation, steps elsewhere, evaluation at an average.
// Source  Defazio et al. 2024, "The Road Less Scheduled", Algorithm 1; weight decay at y and
//         averaging weights as in the authors' package schedulefree
// State   z and a second moment per parameter; step and averaging numbers; y while x is swapped in
// Tuned   README.md lists the hyperparameters; search_space.json has their ranges
#include <timetrial/baseline.h>
#include <timetrial/schedule_free.h>

namespace {

class ScheduleFreeAdamW final : public timetrial::BaselineSubmission {
 public:
  void init(timetrial::Training& training) override {
    timetrial::HyperparameterReader read(training.hyperparameters());
    const auto options = timetrial::read_schedule_free(read, training.workload());
    read.finish();
    adamw_.init(training, options);
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

TIMETRIAL_SUBMISSION(ScheduleFreeAdamW, "schedule_free_adamw", "Timetrial authors")
