// How quiet the machine was while a trial ran, and whether its times count.
#include "harness/hardware/step_drift.h"
#include "harness/referee/trial_run.h"

namespace timetrial::referee {
namespace {

/// Whether noise could have made this outcome. A crash, too much memory or a broken protocol stays
/// what it is on the busiest machine, and must not escape into quarantine.
bool is_of_time(OutcomeKind kind) {
  return is_regular(kind) || kind == OutcomeKind::interrupted || kind == OutcomeKind::hung;
}

}  // namespace

void TrialRun::note_stretch(std::int64_t step) {
  stretches_.push_back({clock::seconds(submission_time_.elapsed() - went_at_), step - last_step_});
}

void TrialRun::add_noise(OutcomeKind outcome, store::AttemptEnd& end) const {
  hardware::Noise noise = noise_->stop();
  noise.step_drift = hardware::step_drift(stretches_);
  end.noise_json = hardware::to_json(noise);
  // Under a step limit times are compared with nobody's.
  if (record_.sweep.max_steps || !is_of_time(outcome)) return;
  for (const auto& reason : hardware::out_of_range(noise, profile_.noise)) {
    end.quarantine += (end.quarantine.empty() ? "" : "; ") + reason;
  }
}

}  // namespace timetrial::referee
