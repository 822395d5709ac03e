#pragma once
// Starts a child process with exactly the descriptors, limits and surroundings it is given.

#include "harness/protocol/file_descriptor.h"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace timetrial::sandbox {

struct SpawnOptions {
  std::filesystem::path executable;
  std::vector<std::string> arguments;       ///< without argv[0]
  std::vector<std::string> environment;     ///< "NAME=value"; the whole environment of the child
  std::filesystem::path working_directory;  ///< empty: the parent's
  /// Descriptors handed over: the child sees inherited[i] as 3 + i. All others are closed.
  std::vector<int> inherited;
  int standard_output = -1;           ///< -1: /dev/null
  int standard_error = -1;            ///< -1: /dev/null
  std::int64_t data_limit_bytes = 0;  ///< RLIMIT_DATA: heap and private mappings; 0: none
  std::int64_t file_limit_bytes = 0;  ///< RLIMIT_FSIZE: the most that a file grows to; 0: none
  int parent_death_signal = 0;        ///< sent to the child when the spawning thread ends
  bool new_session = true;            ///< out of reach of the terminal's Ctrl-C
};

struct Child {
  pid_t pid = -1;
  protocol::FileDescriptor pidfd;  ///< readable once the child has ended
};

/// Throws std::system_error when the process cannot be made; an executable that cannot be started
/// is a child that exits with 127 and says why on its standard error.
Child spawn(const SpawnOptions& options);

/// How a child ended. Waits for it.
struct ExitStatus {
  bool signaled = false;
  int code = 0;  ///< exit code, or signal number
};
ExitStatus wait_for(pid_t pid);
/// "exited with code 3", "was killed by signal 11 (Segmentation fault)"
std::string describe(const ExitStatus& status);

}  // namespace timetrial::sandbox
