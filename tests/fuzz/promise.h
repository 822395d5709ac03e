#pragma once
// What a reader promises, checked in release builds too.

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

namespace timetrial::fuzz {

inline void require(bool promise, const char* text) {
  if (promise) return;
  std::fprintf(stderr, "promise broken: %s\n", text);
  std::abort();
}

/// People read errors: one line each.
inline void require_one_line(const std::exception& error) {
  require(std::string_view(error.what()).find('\n') == std::string_view::npos,
          "an error is one line");
}

/// Bytes as an open file, gone when this is.
class FileInMemory {
 public:
  explicit FileInMemory(std::string_view bytes) : fd_(memfd_create("fuzzed", 0)) {
    require(
        fd_ >= 0 && write(fd_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
        "a file in memory");
  }
  ~FileInMemory() { close(fd_); }
  FileInMemory(const FileInMemory&) = delete;
  FileInMemory& operator=(const FileInMemory&) = delete;
  int fd() const { return fd_; }
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

}  // namespace timetrial::fuzz
