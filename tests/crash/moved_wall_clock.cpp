// Loaded before the C library (LD_PRELOAD): a wall clock that the crash driver moves while programs
// run. The machine's own is nobody's to move, and Linux has no namespace for it.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

/// Seconds, in the file that TIMETRIAL_TEST_WALL_CLOCK names.
std::int64_t offset_s() {
  static const auto* const mapped = []() -> const std::atomic<std::int64_t>* {
    const char* const file = std::getenv("TIMETRIAL_TEST_WALL_CLOCK");
    const int fd = file == nullptr ? -1 : open(file, O_RDONLY | O_CLOEXEC);
    void* base = MAP_FAILED;
    if (fd >= 0) base = mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, fd, 0);
    if (fd >= 0) close(fd);
    return base == MAP_FAILED ? nullptr : static_cast<const std::atomic<std::int64_t>*>(base);
  }();
  return mapped == nullptr ? 0 : mapped->load();
}

}  // namespace

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C library's
extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept {
  using Function = int (*)(clockid_t, timespec*);
  static const auto real = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "clock_gettime"));
  const int result = real(clock, now);
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) now->tv_sec += offset_s();
  return result;
}

extern "C" int gettimeofday(timeval* __restrict now, void* __restrict) noexcept {
  timespec moved{};
  const int result = clock_gettime(CLOCK_REALTIME, &moved);
  *now = {moved.tv_sec, moved.tv_nsec / 1000};
  return result;
}

extern "C" std::time_t time(std::time_t* result) noexcept {
  timespec moved{};
  clock_gettime(CLOCK_REALTIME, &moved);
  if (result != nullptr) *result = moved.tv_sec;
  return moved.tv_sec;
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
