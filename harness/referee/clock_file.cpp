#include "harness/referee/clock_file.h"

#include "harness/protocol/file_descriptor.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>
#include <cmath>
#include <system_error>

namespace timetrial::referee {
namespace {
constexpr std::size_t kBytes = 4096;
}

ClockFile::ClockFile(const std::filesystem::path& file) {
  const protocol::FileDescriptor fd(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!fd || ftruncate(fd.get(), kBytes) != 0) {
    throw std::system_error(errno, std::generic_category(), file.string());
  }
  void* base = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (base == MAP_FAILED) throw std::system_error(errno, std::generic_category(), file.string());
  value_ = static_cast<double*>(base);
}

ClockFile::~ClockFile() { munmap(value_, kBytes); }

double ClockFile::used_s() const {
  const double value = *static_cast<volatile const double*>(value_);
  return std::isfinite(value) && value > 0 ? value : 0;
}

void ClockFile::set(double used_s) { *static_cast<volatile double*>(value_) = used_s; }

}  // namespace timetrial::referee
