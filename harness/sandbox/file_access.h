#pragma once
// Which files a process may still open: a Landlock domain, which needs neither root nor namespaces.
//
// Everything else is out of reach from then on, for this process and all that it starts, for good:
// files and folders that are not named, running another program (no file may be executed; libraries
// may still be loaded), and where the kernel knows how (Landlock 6, Linux 6.12) signals to
// processes outside and abstract sockets of theirs. Processes outside cannot be traced either.
// Files that are open already stay open.

#include <filesystem>
#include <vector>

namespace timetrial::sandbox {

/// Files, or folders with all that is in them. What does not exist is passed over.
struct FileAccess {
  std::vector<std::filesystem::path> readable;
  std::vector<std::filesystem::path> writable;  ///< readable too; new files may be made
  std::vector<std::filesystem::path> devices;   ///< read, written and controlled (ioctl)
};

/// Of this kernel; 0 where it has none.
int landlock_version();

/// Call while the process has one thread: the others would keep what they have. Returns the version
/// that holds, 0 where the kernel has no Landlock and nothing has changed. Throws std::system_error
/// when a kernel that has it refuses.
int restrict_files(const FileAccess& access);

}  // namespace timetrial::sandbox
