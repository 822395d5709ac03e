#pragma once
// What this machine lets the driver do to a sweep without asking for more than its own rights:
// small file systems and shifted clocks need namespaces, which some machines refuse.

#include <filesystem>

namespace timetrial::crash {

struct Machine {
  bool small_disks = false;     ///< a tmpfs can be mounted
  bool shifted_clocks = false;  ///< a process can have a monotonic clock of its own
};

/// Moves this process into a mount namespace of its own (as root, or in a user namespace), makes it
/// adopt orphans, and says what is possible. Call once, before threads and children.
Machine settle_in();

/// Mounts an empty tmpfs of `bytes`; gone with the driver. Throws std::system_error.
void mount_small_disk(const std::filesystem::path& folder, long bytes);
void unmount(const std::filesystem::path& folder);

/// In a child, before exec: gives it a monotonic clock that is `seconds` off. False if refused.
bool shift_clock(long seconds);

/// In a child, before exec: takes root's right to pass over permissions from what it executes, so
/// that a read-only file is read-only for it too.
void respect_permissions();

}  // namespace timetrial::crash
