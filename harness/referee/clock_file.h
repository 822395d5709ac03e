#pragma once
// The submission time used so far by one run of a trial, in a small file that is mapped, so that it
// survives a kill -9 of the referee to within a tick: time already used stays counted. The file
// names its run, since trials have equal ids in all stores, and so equal work folders.

#include <cstddef>
#include <filesystem>
#include <string>

namespace timetrial::referee {

class ClockFile {
 public:
  /// Opens or makes the file. Throws std::system_error, also when the disk has no room for it: a
  /// mapped page without room would end the process later.
  explicit ClockFile(const std::filesystem::path& file);
  ~ClockFile();
  ClockFile(const ClockFile&) = delete;
  ClockFile& operator=(const ClockFile&) = delete;

  /// Whether this is the time of that run; of no run for a new file.
  bool is_of(const std::string& run) const;
  bool is_new() const;
  /// Starts at 0 for this run. What was there is gone.
  void begin(const std::string& run);
  /// Writes this run's name again where it is damaged. Left alone, damage to the other one, in
  /// some later attempt, would cost the run all its time.
  void mend(const std::string& run);

  /// Seconds; 0 for a new file, and for one that holds no sensible number. All is kept twice, the
  /// time with check sums: a damaged copy costs a tick.
  double used_s() const;
  void set(double used_s);

 private:
  struct Page;
  Page* page_ = nullptr;
  std::size_t next_ = 0;  ///< the copy to write
};

}  // namespace timetrial::referee
