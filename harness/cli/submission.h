#pragma once
// What the subcommands of `timetrial submission` share.

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

struct SubmissionCheck {
  std::filesystem::path library;
  std::filesystem::path search_space;  ///< empty: no hyperparameters but the trajectories'
  std::vector<std::filesystem::path> trajectories;
  bool json = false;
};

/// Runs timetrial-check and prints its results. A crash of it is a failed check.
ExitCode check_submission(const Program& program, const SubmissionCheck& check);

}  // namespace timetrial::cli
