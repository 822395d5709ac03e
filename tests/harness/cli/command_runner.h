#pragma once
// Runs the timetrial executable in a folder of its own, with siblings that the test writes as shell
// scripts: the executable looks for timetrial-worker beside itself.

#include <filesystem>
#include <string>

namespace timetrial::cli {

struct CommandResult {
  int code = -1;  ///< exit code; 128 + signal number after a signal
  std::string out, err;
};

class CommandRunner {
 public:
  CommandRunner();   ///< makes the folder, with a copy of timetrial in <folder>/bin
  ~CommandRunner();  ///< removes it
  CommandRunner(const CommandRunner&) = delete;
  CommandRunner& operator=(const CommandRunner&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  /// Writes an executable shell script <folder>/bin/<name>.
  void write_sibling(const std::string& name, const std::string& script) const;
  /// Runs "timetrial <arguments>" by the shell, in `folder`, with HOME there, no TIMETRIAL_*, and
  /// `environment` ("NAME=VALUE …"); or another program than the folder's timetrial.
  CommandResult run(const std::string& arguments, const std::string& environment = "",
                    const std::string& program = "bin/timetrial") const;

 private:
  std::filesystem::path folder_;
};

}  // namespace timetrial::cli
