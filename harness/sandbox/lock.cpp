#include "harness/sandbox/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <thread>

namespace timetrial::sandbox {

std::optional<Lock> Lock::try_acquire(const std::filesystem::path& file) {
  std::filesystem::create_directories(file.parent_path());
  protocol::FileDescriptor fd(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) throw std::system_error(errno, std::generic_category(), file.string());
  if (flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return Lock(std::move(fd));
  if (errno == EWOULDBLOCK) return std::nullopt;
  throw std::system_error(errno, std::generic_category(), file.string());
}

std::optional<Lock> Lock::acquire_within(const std::filesystem::path& file,
                                         std::chrono::milliseconds patience) {
  constexpr std::chrono::milliseconds kPause{50};
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    auto lock = try_acquire(file);
    if (lock || std::chrono::steady_clock::now() >= deadline) return lock;
    std::this_thread::sleep_for(kPause);
  }
}

std::filesystem::path device_lock_file(const std::string& device) {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  const auto folder =
      runtime != nullptr && std::filesystem::is_directory(runtime)
          ? std::filesystem::path(runtime) / "timetrial"
          : std::filesystem::temp_directory_path() / ("timetrial-" + std::to_string(getuid()));
  std::string name = device;
  std::replace(name.begin(), name.end(), ':', '-');
  return folder / ("device-" + name + ".lock");
}

}  // namespace timetrial::sandbox
