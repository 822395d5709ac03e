#pragma once
// The safetensors file format: 8 bytes little-endian header length, JSON header, raw tensor bytes.
// Prepared data, checkpoints and test fixtures use it. Without LibTorch. Source: the format's
// description at huggingface/safetensors (README.md).

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace timetrial::tensorfile {

/// Spelling as in the file: "F32", "F64", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL".
struct TensorInfo {
  std::string dtype;
  std::vector<std::int64_t> shape;
  std::size_t begin = 0, end = 0;  ///< bytes within the data section
};

/// Bytes of one element. Throws InputError for an unknown dtype.
std::size_t element_size(const std::string& dtype);

/// A file mapped read-only and shared: processes that map the same file share its pages.
class Reader {
 public:
  /// Throws InputError naming file, place and expectation for anything malformed: header longer
  /// than the file, bad JSON, offsets out of range, overlapping or not matching the shape.
  explicit Reader(const std::filesystem::path& file);
  /// The same of an open file, which messages call `name`. Keeps no descriptor.
  Reader(int fd, const std::string& name);
  ~Reader();
  Reader(Reader&& other) noexcept;
  Reader& operator=(Reader&&) = delete;

  const std::map<std::string, TensorInfo>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  bool contains(const std::string& name) const { return tensors_.count(name) != 0; }
  /// Throws InputError naming file and tensor when it is not there.
  const TensorInfo& info(const std::string& name) const;
  std::span<const std::byte> bytes(const std::string& name) const;
  const std::filesystem::path& file() const { return file_; }

 private:
  void read(int fd);

  std::filesystem::path file_;
  std::map<std::string, TensorInfo> tensors_;
  std::map<std::string, std::string> metadata_;
  const std::byte* mapping_ = nullptr;
  std::size_t mapping_bytes_ = 0;
  std::size_t data_begin_ = 0;
};

struct TensorView {
  std::string name;
  std::string dtype;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
};

/// Writes header and tensors to an open file descriptor, sorted as given, data section aligned to
/// 64 bytes. Throws std::system_error when the disk is full and the like.
void write(int fd, const std::vector<TensorView>& tensors,
           const std::map<std::string, std::string>& metadata);

/// The same to a path, atomically: a temporary file beside it, fsync, rename, fsync of the folder.
void write_file(const std::filesystem::path& file, const std::vector<TensorView>& tensors,
                const std::map<std::string, std::string>& metadata);

}  // namespace timetrial::tensorfile
