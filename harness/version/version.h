#pragma once
// What this build was made from: recorded with every sweep, shown by `timetrial version` and by
// each program's --version.

#include <map>
#include <string>

namespace timetrial::version {

/// "timetrial" and "sdk" (versions), "commit" (git's short hash, "-dirty" when files were changed,
/// "unknown" outside a checkout), "libtorch", "cuda" (the toolkit's version, "none" without one),
/// "sqlite", "compiler", "cxx11_abi" ("1" or "0": how libstdc++'s strings lie in memory). With SDK,
/// LibTorch and compiler the last one is what a submission's library has to match.
std::map<std::string, std::string> versions();

/// Two lines for people, the first of which begins with the program's name.
std::string as_text(const std::string& program);
/// One JSON object.
std::string as_json();
/// What `PROGRAM --version` prints: as_json() where "--json" is among its arguments.
std::string answer(const std::string& program, int argc, const char* const* argv);

}  // namespace timetrial::version
