#include "harness/store/kept_evaluations.h"

#include <algorithm>

namespace timetrial::store {

std::vector<Evaluation> kept_evaluations(const std::vector<Evaluation>& evaluations,
                                         const std::vector<Attempt>& attempts) {
  std::vector<Evaluation> kept;
  for (const auto& evaluation : evaluations) {
    // Time used never goes back: an attempt that began with more of it came later.
    const bool undone = std::any_of(attempts.begin(), attempts.end(), [&](const Attempt& attempt) {
      return attempt.start_step < evaluation.step &&
             attempt.start_time_s >= evaluation.submission_time_s;
    });
    if (!undone) kept.push_back(evaluation);
  }
  return kept;
}

}  // namespace timetrial::store
