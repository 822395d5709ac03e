#pragma once
// A new submission's folder: sources that build against the installed SDK and train as they are.

#include <filesystem>
#include <string>

namespace timetrial::skeleton {

/// Writes <directory>/<name>/ with CMakeLists.txt, <name>.cpp, search_space.json and README.md,
/// whole or not at all, and returns its path. Throws InputError for a name that is not a lower case
/// letter followed by up to 62 lower case letters, digits and underscores, for one that CMake keeps
/// for itself, and when the folder exists or cannot be made.
std::filesystem::path write(const std::string& name, const std::filesystem::path& directory);

/// "my_sgd" becomes "MySgd".
std::string class_name(const std::string& name);

}  // namespace timetrial::skeleton
