#pragma once
// The texts of the compiled-in rule sets, as CMake found them beside this header.

#include <string>
#include <vector>

namespace timetrial::rulesets {

struct CompiledTable {
  std::string name;  ///< the file's name without ".toml"
  std::string text;
};

/// Sorted by name.
const std::vector<CompiledTable>& compiled_tables();

}  // namespace timetrial::rulesets
