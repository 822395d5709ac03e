#pragma once
// The submissions of a sweep: from names, globs and paths to libraries with their search spaces.

#include "harness/sweep/plan.h"

#include <filesystem>
#include <optional>
#include <vector>

namespace timetrial::sweep {

/// A submission and the points it may draw from.
struct Entrant {
  store::SubmissionRecord record;
  std::optional<tuning::SearchSpace> space;  ///< none under self-tuning, and for one fixed point
};

/// Whether submissions are to choose their own hyperparameters.
bool tunes_itself(const Request& request);

/// Those that the request means; built-in ones lie in `folder`. Throws InputError for unknown
/// names, incompatible libraries, two of one name and missing search spaces.
std::vector<Entrant> find_entrants(const Request& request, const std::filesystem::path& folder);

}  // namespace timetrial::sweep
