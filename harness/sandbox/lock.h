#pragma once
// Advisory locks that the kernel drops when their holder dies, however it dies.

#include "harness/protocol/file_descriptor.h"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

namespace timetrial::sandbox {

/// Holds the lock until destroyed.
class Lock {
 public:
  /// Empty when another process holds it. Throws std::system_error when the file cannot be made.
  static std::optional<Lock> try_acquire(const std::filesystem::path& file);
  /// The same, trying again for a while: its holder may be about to end.
  static std::optional<Lock> acquire_within(const std::filesystem::path& file,
                                            std::chrono::milliseconds patience);

 private:
  explicit Lock(protocol::FileDescriptor fd) : fd_(std::move(fd)) {}
  protocol::FileDescriptor fd_;
};

/// The lock file of a device of this machine, shared by all stores of this user: at most one sweep
/// runs on a device at a time.
std::filesystem::path device_lock_file(const std::string& device);

}  // namespace timetrial::sandbox
