#pragma once
// A store for one command's trials, which are not run for a score: a file that the user names, or
// one in a temporary folder that goes when the command ends.

#include "harness/cli/command.h"
#include "harness/sweep/plan.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace timetrial::cli {

class OwnStore {
 public:
  /// `into`: the file; empty: a temporary one. Throws std::system_error.
  explicit OwnStore(const std::string& into);
  ~OwnStore();
  OwnStore(const OwnStore&) = delete;
  OwnStore& operator=(const OwnStore&) = delete;
  const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path temporary_, file_;
};

/// How the trials of such a store are run: as a sweep's, one at a time.
struct OwnRun {
  std::filesystem::path data_dir;
  std::string device = "cpu";
  std::int64_t threads = 1;
  std::string progress = "auto";
};

/// Adds the plan to the store (idempotent) and runs what it has left. What a sweep returns; throws
/// InputError for what a referee refuses.
ExitCode run_in(const OwnStore& store, const Program& program, const sweep::Plan& plan,
                const OwnRun& run);

}  // namespace timetrial::cli
