#pragma once
// The first files of a new submission and of a new workload, which build and train as they are.

#include <filesystem>
#include <string>
#include <vector>

namespace timetrial::skeleton {

/// Writes <directory>/<name>/ with CMakeLists.txt, <name>.cpp, search_space.json and README.md,
/// which build against the installed SDK. Whole or not at all; returns its path. Throws InputError
/// for a name that is not a lower case letter followed by up to 62 lower case letters, digits and
/// underscores, for one that CMake keeps for itself, and when the folder exists or cannot be made.
std::filesystem::path write_submission(const std::string& name,
                                       const std::filesystem::path& directory);

/// Writes <source>/workloads/<name>/ (header, source, CMakeLists.txt, README.md) and
/// <source>/tests/workloads/<name>/, both or none, and returns their paths. Workloads are compiled
/// into the program, so `source` must be Timetrial's source folder. Throws InputError as above, and
/// when it is not.
std::vector<std::filesystem::path> write_workload(const std::string& name,
                                                  const std::filesystem::path& source);

/// "my_sgd" becomes "MySgd".
std::string class_name(const std::string& name);

}  // namespace timetrial::skeleton
