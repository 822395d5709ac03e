#pragma once
// What became of a trial's losses, in the JSON of every command that tells it.

#include "scoring/divergence.h"

#include <nlohmann/json.hpp>

namespace timetrial::cli {

/// Keys divergence, sign, step (null where nothing gave it away), excursions, losses, stride.
nlohmann::ordered_json divergence_json(const scoring::Divergence& found);

}  // namespace timetrial::cli
