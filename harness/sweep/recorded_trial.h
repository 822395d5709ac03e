#pragma once
// A trial of the store with all that its rerun needs: terms, provenance, and the evaluations that
// lie on the path to its last parameters.

#include "harness/store/store.h"

#include <optional>
#include <string>
#include <vector>

namespace timetrial::sweep {

struct RecordedTrial {
  store::TrialRow row;
  store::Sweep sweep;
  store::SubmissionRecord submission;
  store::WorkloadRecord workload;
  std::vector<store::Attempt> attempts;
  std::vector<Evaluation> evaluations;  ///< in order of steps; without those that were undone
  std::size_t undone = 0;               ///< evaluations after which training went back on a resume
};

/// The one trial that `words` name: its id, the beginning of it (at least four characters), or
/// "submission/workload", "…/study", "…/study/trial". `sweep` narrows it to one sweep. Throws
/// InputError for none, for several (lists them), for an imported one, and for one that was never
/// evaluated.
RecordedTrial find_recorded_trial(const store::Store& store, const std::string& words,
                                  const std::optional<std::string>& sweep);

/// The device and the number of threads of an attempt. Throws InputError if it does not say.
struct Machinery {
  std::string device;
  std::int64_t threads = 0;
  bool operator==(const Machinery&) const = default;
};
Machinery machinery_of(const store::Attempt& attempt);

}  // namespace timetrial::sweep
