#pragma once
// A TOML file whose text CMake put into the program (compiled_tables.cmake). Each module that has
// such files declares its own `compiled_tables()`.

#include <string>
#include <vector>

namespace timetrial::tomlfile {

struct CompiledTable {
  std::string name;  ///< the file's name without ".toml"
  std::string text;
};

}  // namespace timetrial::tomlfile
