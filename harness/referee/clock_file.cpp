#include "harness/referee/clock_file.h"

#include "harness/protocol/file_descriptor.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <system_error>

namespace timetrial::referee {
namespace {

constexpr off_t kBytes = 4096;
constexpr std::uint64_t kCheck = 0x54524C434C4F434B;  // "TRLCLOCK": a page of zeros checks nothing

struct Copy {
  volatile double used_s;
  volatile std::uint64_t check;

  void set(double value) {
    check = 0;  // killed in between, this copy is none, and the other one counts
    used_s = value;
    check = std::bit_cast<std::uint64_t>(value) ^ kCheck;
  }
  double get() const {
    const double value = used_s;
    const bool whole = (std::bit_cast<std::uint64_t>(value) ^ kCheck) == check;
    return whole && std::isfinite(value) && value > 0 ? value : 0;
  }
};

using Name = std::array<char, 64>;  // ends with a zero

std::string text(const Name& name) {
  return {name.begin(), std::find(name.begin(), name.end(), 0)};
}

void write(const std::string& run, Name& name) {
  name.fill('\0');
  std::copy_n(run.begin(), std::min(run.size(), name.size() - 1), name.begin());
}

void make_room(int fd, const std::filesystem::path& file) {
  struct stat status {};
  if (fstat(fd, &status) != 0) {
    throw std::system_error(errno, std::generic_category(), file.string());
  }
  if (status.st_size >= kBytes) return;
  const int error = posix_fallocate(fd, 0, kBytes);
  if (error != 0) throw std::system_error(error, std::generic_category(), file.string());
}

}  // namespace

struct ClockFile::Page {
  std::array<Copy, 2> copies;
  std::array<Name, 2> runs;
};

ClockFile::ClockFile(const std::filesystem::path& file) {
  const protocol::FileDescriptor fd(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!fd) throw std::system_error(errno, std::generic_category(), file.string());
  make_room(fd.get(), file);
  void* base = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (base == MAP_FAILED) throw std::system_error(errno, std::generic_category(), file.string());
  page_ = static_cast<Page*>(base);
}

ClockFile::~ClockFile() { munmap(page_, kBytes); }

bool ClockFile::is_of(const std::string& run) const {
  return !run.empty() && (text(page_->runs[0]) == run || text(page_->runs[1]) == run);
}

bool ClockFile::is_new() const {
  return text(page_->runs[0]).empty() && text(page_->runs[1]).empty();
}

void ClockFile::begin(const std::string& run) {
  // The old time goes first: killed in between, no run inherits it.
  for (auto& copy : page_->copies) copy.set(0);
  for (auto& name : page_->runs) write(run, name);
}

void ClockFile::mend(const std::string& run) {
  for (auto& name : page_->runs) {
    if (text(name) != run) write(run, name);  // the other one is whole meanwhile
  }
}

double ClockFile::used_s() const {
  return std::max(page_->copies[0].get(), page_->copies[1].get());
}

void ClockFile::set(double used_s) {
  page_->copies[next_].set(used_s);
  next_ = 1 - next_;
}

}  // namespace timetrial::referee
