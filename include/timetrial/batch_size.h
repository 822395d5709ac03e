#pragma once
// The number of examples of a step as a hyperparameter, for studies of what it does.
//
//   batch_size  a whole number of at least 1; default: what Submission::batch_size says

#include <timetrial/hyperparameter_reader.h>

#include <cstdint>
#include <optional>

namespace timetrial {

/// Nothing where the point has none. Throws std::invalid_argument as the reader does.
inline std::optional<std::int64_t> read_batch_size(HyperparameterReader& read) {
  if (!read.contains("batch_size")) return {};
  return static_cast<std::int64_t>(read.whole("batch_size"));
}

}  // namespace timetrial
