#pragma once
// Namespaces of a process's own, made by bubblewrap: user, PID, mount, network, IPC, UTS, cgroup.
//
// Inside there are only the files that are named, nobody's processes but its own, and a network
// that leads nowhere. Its processes cannot outlive its first one, and none of them can send a
// signal out.

#include "harness/sandbox/file_access.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace timetrial::sandbox {

/// Where an enclosed process finds its scratch folder: a file system of its own, in memory, gone
/// with the process.
inline constexpr const char* kScratch = "/scratch";

struct Enclosure {
  FileAccess access;  ///< files appear where they are outside; what is below /proc is always there
  std::int64_t scratch_bytes = 0;  ///< the most that the scratch folder holds
};

struct Command {
  std::filesystem::path executable;
  std::vector<std::string> arguments;  ///< without argv[0]
};

/// The command, enclosed; its working directory is kScratch. The process that results is
/// bubblewrap's, which waits: its child is the first process of the new namespaces, whose child
/// runs the command. It ends with the command's exit code, or 128 + the signal that killed it, and
/// all others end with it.
Command enclose(const Enclosure& enclosure, const Command& command);

/// One line with the reason and the remedy where this machine has no such namespaces; empty where
/// it has. Runs /usr/bin/true in some.
std::string why_no_namespaces();

}  // namespace timetrial::sandbox
