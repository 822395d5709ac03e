#pragma once
// What this build was made from: recorded with every sweep, shown by `timetrial version`.

#include <map>
#include <string>

namespace timetrial::version {

/// "timetrial" and "sdk" (versions), "commit" (git's short hash, "-dirty" when files were changed,
/// "unknown" outside a checkout), "libtorch", "sqlite", "compiler".
std::map<std::string, std::string> versions();

}  // namespace timetrial::version
