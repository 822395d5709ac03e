#pragma once
// A trial run once more from its provenance: what keeps it from being the same, and the plan.
//
// The rerun is evaluated after exactly the recorded steps, since an evaluation may change what is
// trained (Submission::prepare_for_eval). The submission is told the recorded times, so one that
// decides by them sees the same; one that asks for the time between evaluations does not.

#include "harness/sweep/plan.h"
#include "harness/sweep/recorded_trial.h"

#include <optional>
#include <string>
#include <vector>

namespace timetrial::sweep {

struct ReplayRequest {
  std::optional<std::string> library;  ///< where the submission lies now, if not where it lay
  Machinery machinery;
  bool deterministic = false;
  std::optional<std::int64_t> steps;  ///< compare up to this one only
};

/// What is no longer as it was when the trial ran, one line each with the remedy; empty when
/// nothing keeps the rerun from having the same bits.
std::vector<std::string> environment_differences(const RecordedTrial& recorded,
                                                 const Surroundings& now,
                                                 const ReplayRequest& request);

/// A sweep of that one trial, under conditions that make its id another one. Takes library,
/// configuration and data as they are now. Throws InputError when one of them is missing, or no
/// evaluation lies within `steps`.
Plan replay_plan(const RecordedTrial& recorded, const Surroundings& now,
                 const ReplayRequest& request);

}  // namespace timetrial::sweep
