#pragma once
// The texts compiled in from templates/: file names and contents with places to fill in.

#include <vector>

namespace timetrial::skeleton {

struct Template {
  const char* kind;  ///< the folder below templates/
  const char* file;
  const char* text;
};
const std::vector<Template>& templates();

}  // namespace timetrial::skeleton
