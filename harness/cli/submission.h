#pragma once
// Submissions by name or path.

#include "harness/cli/command.h"
#include "harness/submission_file/record.h"

#include <filesystem>
#include <string>
#include <vector>

namespace timetrial::cli {

/// The libraries of a folder, sorted by name. Throws InputError for a folder that cannot be read.
std::vector<std::filesystem::path> libraries_in(const std::filesystem::path& directory);

/// A path as it is (anything with a slash or ending in .so), or the built-in submission of that
/// name. Throws InputError naming the nearest built-in ones.
std::filesystem::path find_submission(const Program& program, const std::string& text);

}  // namespace timetrial::cli
