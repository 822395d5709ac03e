#pragma once
// The shared-memory region between referee and worker: one control page, then the snapshot.
//
//   0      control page (atomics below)
//   4096   the tensors of SnapshotLayout, each at a multiple of 64 bytes
//
// Both sides compute the layout from their own model, so nothing about it is taken on trust. The
// region cannot be shrunk or grown once made (memfd seals), so a worker cannot make reads fail.

#include "harness/protocol/file_descriptor.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace timetrial::protocol {

/// One tensor of a snapshot: contiguous, row-major.
struct SnapshotTensor {
  std::string name;
  std::string dtype;  ///< safetensors spelling, such as "F32"
  std::vector<std::int64_t> shape;
  std::size_t bytes = 0;
  std::size_t offset = 0;  ///< from the start of the region; set by SnapshotLayout
};

class SnapshotLayout {
 public:
  explicit SnapshotLayout(std::vector<SnapshotTensor> tensors);
  const std::vector<SnapshotTensor>& tensors() const { return tensors_; }
  std::size_t region_bytes() const { return region_bytes_; }
  /// Over names, dtypes, shapes and offsets: equal layouts have equal hashes.
  std::uint64_t hash() const { return hash_; }

 private:
  std::vector<SnapshotTensor> tensors_;
  std::size_t region_bytes_ = 0;
  std::uint64_t hash_ = 0;
};

/// The first page. Each field has one writer; a hostile worker can write anything here, so the
/// referee uses `step` for hang detection and display only.
struct ControlPage {
  std::atomic<std::uint64_t> evaluation_due;  ///< written by the referee, 0 or 1
  std::atomic<std::int64_t> step;             ///< written by the worker: completed steps
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

class SharedRegion {
 public:
  static constexpr std::size_t kControlBytes = 4096;

  /// Makes and seals a region. Throws std::system_error.
  static SharedRegion create(std::size_t bytes);
  /// Maps one made by create(). Throws std::system_error; std::runtime_error when the size differs.
  static SharedRegion map(FileDescriptor fd, std::size_t bytes);

  SharedRegion(SharedRegion&& other) noexcept;
  SharedRegion& operator=(SharedRegion&&) = delete;
  ~SharedRegion();

  ControlPage& control() { return *reinterpret_cast<ControlPage*>(base_); }
  std::span<std::byte> bytes(const SnapshotTensor& tensor) {
    return {base_ + tensor.offset, tensor.bytes};
  }
  int fd() const { return fd_.get(); }

 private:
  SharedRegion(FileDescriptor fd, std::size_t bytes);
  FileDescriptor fd_;
  std::byte* base_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace timetrial::protocol
