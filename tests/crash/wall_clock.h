#pragma once
// The wall clock that the programs below the driver see (tests/crash/moved_wall_clock.cpp).

#include <cstdint>
#include <filesystem>

namespace timetrial::crash {

class WallClock {
 public:
  /// Makes the file, from which running programs read. Throws std::system_error.
  explicit WallClock(const std::filesystem::path& file);
  ~WallClock();
  WallClock(const WallClock&) = delete;
  WallClock& operator=(const WallClock&) = delete;

  /// From now on it is `offset_s` seconds off.
  void move(std::int64_t offset_s);

 private:
  void* mapped_ = nullptr;
};

}  // namespace timetrial::crash
