#include "scoring/options.h"

#include "harness/trial/error.h"

#include <fmt/core.h>

namespace timetrial::scoring {

const char* to_string(Mode mode) {
  switch (mode) {
    case Mode::exact:
      return "exact";
    case Mode::compat_v0_5:
      return "compat-v0.5";
    case Mode::compat_v0_6:
      return "compat-v0.6";
  }
  return "";
}

Mode parse_mode(const std::string& text) {
  for (const auto mode : {Mode::exact, Mode::compat_v0_5, Mode::compat_v0_6}) {
    if (text == to_string(mode)) return mode;
  }
  throw InputError(
      fmt::format("unknown scoring mode '{}'; modes: exact, compat-v0.5, compat-v0.6", text));
}

}  // namespace timetrial::scoring
