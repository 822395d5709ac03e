#pragma once
// What a process gives up before a submission is loaded into it, for good: every file but those
// below, other programs, new processes, the network, others' processes (sandbox/file_access.h,
// syscall_filter.h).
//
// It keeps: reading the system's libraries and LibTorch's, what the processor is, and what it is
// told; writing its scratch folder; the descriptors that are open; and for a GPU the driver's
// device files.

#include "harness/sandbox/file_access.h"

#include <filesystem>
#include <string>
#include <vector>

namespace timetrial::sdk {

struct Confines {
  std::string device = "cpu";                   ///< "cpu" or "cuda:N"
  std::vector<std::filesystem::path> readable;  ///< files, or folders with all in them
  std::filesystem::path scratch;                ///< empty: nothing may be written
  bool shared_memory = false;                   ///< may be made, though no limit counts it
};

/// The files that are left to a process with these confines.
sandbox::FileAccess accessible(const Confines& confines);

/// Call while the process has one thread. Throws std::system_error where the kernel refuses,
/// std::logic_error with other threads about.
void confine(const Confines& confines);

}  // namespace timetrial::sdk
