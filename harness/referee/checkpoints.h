#pragma once
// The checkpoint files of a trial: written whole or not at all, hashed, the last two kept.

#include "harness/protocol/file_descriptor.h"
#include "harness/store/store.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace timetrial::referee {

class Checkpoints {
 public:
  explicit Checkpoints(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// A new, empty file to be filled by the worker. Throws std::system_error.
  protocol::FileDescriptor begin();
  /// Whether there is room for more of the file that begin() opened: a worker that says there is
  /// none is not taken at its word.
  bool can_grow(const protocol::FileDescriptor& file) const;
  /// The file that begin() opened is complete: fsync, hash, rename, fsync of the folder. Returns
  /// name and hash; removes all but this one and the one before it, be it of this object or what
  /// newest() found. So files that were passed over go, whatever step they claim.
  store::Checkpoint commit(const protocol::FileDescriptor& file, std::int64_t step);

  struct Usable {
    store::Checkpoint record;
    protocol::FileDescriptor file;  ///< open for reading
  };
  /// The newest of `known` (newest first) whose file is there and has the recorded hash.
  std::optional<Usable> newest(const std::vector<store::Checkpoint>& known);

 private:
  std::filesystem::path folder_;
  std::string last_;  ///< name of the newest good one
};

}  // namespace timetrial::referee
