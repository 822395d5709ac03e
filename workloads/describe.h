#pragma once
// All workloads as JSON, so that the command line can list them without LibTorch:
//
//   [{"name", "base", "dataset", "loss", "metric", "higher_is_better", "tasks", "default_dropout",
//     "configuration", "parameter_count", "parameters": [{"name", "shape", "type"}]}]
//
// Sorted by name. Models are built on the meta device: shapes alone, no memory.

#include <string>

namespace timetrial::workloads {

std::string describe_json();

}  // namespace timetrial::workloads
