#include "harness/protocol/snapshot.h"

#include <timetrial/random.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace timetrial::protocol {
namespace {

constexpr std::size_t kAlignment = 64;

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

SnapshotLayout::SnapshotLayout(std::vector<SnapshotTensor> tensors) : tensors_(std::move(tensors)) {
  std::size_t offset = SharedRegion::kControlBytes;
  std::string description;
  for (auto& tensor : tensors_) {
    tensor.offset = offset;
    offset += (tensor.bytes + kAlignment - 1) / kAlignment * kAlignment;
    description += tensor.name + ' ' + tensor.dtype;
    for (const std::int64_t size : tensor.shape) description += ' ' + std::to_string(size);
    description += '@' + std::to_string(tensor.offset) + '\n';
  }
  region_bytes_ = offset;
  hash_ = hash_text(description);
}

SharedRegion::SharedRegion(FileDescriptor fd, std::size_t bytes)
    : fd_(std::move(fd)), size_(bytes) {
  void* base = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
  if (base == MAP_FAILED) throw_errno("mmap of the snapshot region");
  base_ = static_cast<std::byte*>(base);
}

SharedRegion SharedRegion::create(std::size_t bytes) {
  FileDescriptor fd(memfd_create("timetrial-snapshot", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) throw_errno("memfd_create");
  if (ftruncate(fd.get(), static_cast<off_t>(bytes)) != 0) throw_errno("ftruncate");
  if (fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    throw_errno("sealing the snapshot region");
  }
  return SharedRegion(std::move(fd), bytes);
}

SharedRegion SharedRegion::map(FileDescriptor fd, std::size_t bytes) {
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) throw_errno("fstat");
  if (static_cast<std::size_t>(status.st_size) != bytes) {
    throw std::runtime_error("the snapshot region has " + std::to_string(status.st_size) +
                             " bytes, this model needs " + std::to_string(bytes));
  }
  return SharedRegion(std::move(fd), bytes);
}

SharedRegion::SharedRegion(SharedRegion&& other) noexcept
    : fd_(std::move(other.fd_)),
      base_(std::exchange(other.base_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

SharedRegion::~SharedRegion() {
  if (base_ != nullptr) munmap(base_, size_);
}

}  // namespace timetrial::protocol
