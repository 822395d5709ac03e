#pragma once
// What a worker prints, in a file that cannot grow beyond a limit: the rest is read and dropped, so
// that a worker that prints without end fills no disk.

#include "harness/protocol/file_descriptor.h"

#include <cstdint>
#include <filesystem>

namespace timetrial::referee {

class CappedLog {
 public:
  static constexpr std::int64_t kMaxBytes = 4 << 20;  ///< of the file, all attempts together

  /// Appends to `file`, made if absent. Throws std::system_error.
  explicit CappedLog(const std::filesystem::path& file);

  /// The end to print to, for the worker; the log's own copy ends with it.
  protocol::FileDescriptor take_input() { return std::move(input_); }
  /// Readable when something was printed; -1 once there will be no more.
  int fd() const { return output_.get(); }
  /// Takes some of what was printed, without waiting.
  void take();
  /// Takes what is there and closes: once all that print have ended.
  void finish();

 private:
  void append(const char* text, std::int64_t bytes);

  protocol::FileDescriptor input_, output_, file_;
  std::int64_t room_ = 0;  ///< bytes left in the file
};

}  // namespace timetrial::referee
