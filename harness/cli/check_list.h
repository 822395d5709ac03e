#pragma once
// What `timetrial doctor` found: one line per check, with the remedy under a bad one.

#include <string>
#include <vector>

namespace timetrial::cli {

enum class CheckState {
  ok,
  remark,  ///< works, but measures worse, or something optional is not there
  missing  ///< runs fail without it: exit code 4
};
const char* to_string(CheckState state);

struct Check {
  std::string name;
  CheckState state = CheckState::ok;
  std::string detail;  ///< what was found, one line
  std::string remedy;  ///< a command or a sentence; empty when there is nothing to do
};

bool any_missing(const std::vector<Check>& checks);
/// Aligned lines "ok       memory    23.4 GB, 21.0 GB free".
std::string to_text(const std::vector<Check>& checks);
/// {"checks": [{"name", "passed", "state", "detail", "remedy"}]}
std::string to_json(const std::vector<Check>& checks);

}  // namespace timetrial::cli
