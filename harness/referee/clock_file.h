#pragma once
// The submission time used so far, in a small file that is mapped, so that it survives a kill -9 of
// the referee to within a tick: time already used stays counted.

#include <filesystem>

namespace timetrial::referee {

class ClockFile {
 public:
  /// Opens or makes the file. Throws std::system_error.
  explicit ClockFile(const std::filesystem::path& file);
  ~ClockFile();
  ClockFile(const ClockFile&) = delete;
  ClockFile& operator=(const ClockFile&) = delete;

  /// Seconds; 0 for a new file, and for one that holds no sensible number.
  double used_s() const;
  void set(double used_s);

 private:
  double* value_ = nullptr;
};

}  // namespace timetrial::referee
