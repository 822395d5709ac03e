#include "tests/crash/wall_clock.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>

namespace timetrial::crash {

using Offset = std::atomic<std::int64_t>;

WallClock::WallClock(const std::filesystem::path& file) {
  std::filesystem::create_directories(file.parent_path());
  const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  void* base = MAP_FAILED;
  if (fd >= 0 && ftruncate(fd, sizeof(Offset)) == 0) {
    base = mmap(nullptr, sizeof(Offset), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  }
  const int error = errno;
  if (fd >= 0) close(fd);
  if (base == MAP_FAILED) throw std::system_error(error, std::generic_category(), file.string());
  mapped_ = base;
}

WallClock::~WallClock() { munmap(mapped_, sizeof(Offset)); }

void WallClock::move(std::int64_t offset_s) { *static_cast<Offset*>(mapped_) = offset_s; }

}  // namespace timetrial::crash
