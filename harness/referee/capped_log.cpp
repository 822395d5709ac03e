#include "harness/referee/capped_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

namespace timetrial::referee {
namespace {

constexpr std::string_view kDropped =
    "\n[the log is full: what was printed from here on is dropped]\n";

[[noreturn]] void throw_errno(const std::filesystem::path& file) {
  throw std::system_error(errno, std::generic_category(), file.string());
}

}  // namespace

CappedLog::CappedLog(const std::filesystem::path& file)
    : file_(open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {
  struct stat facts {};
  if (!file_ || fstat(file_.get(), &facts) != 0) throw_errno(file);
  room_ = std::max<std::int64_t>(0, kMaxBytes - facts.st_size);
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno("pipe");
  output_ = protocol::FileDescriptor(ends[0]);
  input_ = protocol::FileDescriptor(ends[1]);
  // Only this end: who prints shall wait until there is room.
  fcntl(output_.get(), F_SETFL, O_NONBLOCK);
}

void CappedLog::take() {
  std::array<char, 65536> buffer;
  const ssize_t count = read(output_.get(), buffer.data(), buffer.size());
  if (count == 0) output_.reset();
  append(buffer.data(), count);
}

void CappedLog::finish() {
  constexpr int kMostPieces = 32;  // a pipe holds no more; someone who still prints is cut short
  for (int i = 0; i < kMostPieces && output_; ++i) take();
  output_.reset();
}

void CappedLog::append(const char* text, std::int64_t bytes) {
  if (room_ <= 0 || bytes <= 0) return;
  const auto fitting = std::min(bytes, room_);
  room_ -= fitting;
  // A disk that is full loses the log, not the trial.
  if (write(file_.get(), text, static_cast<std::size_t>(fitting)) < 0) room_ = 0;
  if (room_ == 0 && write(file_.get(), kDropped.data(), kDropped.size()) < 0) return;
}

}  // namespace timetrial::referee
