#pragma once
// Writing a safetensors file whose first tensor is too big for memory: its rows come in pieces, and
// how many there are shows in the end.
//
//   StreamWriter writer(partial, "bytes", "U8", {});
//   for (…) writer.append(piece);
//   writer.finish({…});   // the other tensors; without it the file is no safetensors file

#include "harness/tensorfile/safetensors.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace timetrial::tensorfile {

class StreamWriter {
 public:
  /// Makes the file, or empties it; its first tensor has shape [rows, row_shape...]. Throws
  /// std::system_error when the disk refuses, as do all calls; InputError for an unknown dtype.
  StreamWriter(const std::filesystem::path& file, std::string name, std::string dtype,
               std::vector<std::int64_t> row_shape);
  ~StreamWriter();
  StreamWriter(const StreamWriter&) = delete;
  StreamWriter& operator=(const StreamWriter&) = delete;

  /// The next bytes of the first tensor; rows need not end with a piece.
  void append(std::span<const std::byte> bytes);
  std::uint64_t appended() const { return appended_; }

  /// Writes the other tensors and the header, and syncs the file. Throws InputError when the last
  /// row is not whole, or as make_header() does.
  void finish(const std::vector<TensorView>& others);

 private:
  void write_all(std::span<const std::byte> bytes);
  void flush();

  const std::filesystem::path file_;
  TensorView first_;
  std::size_t row_bytes_;
  std::vector<std::byte> buffer_;
  std::uint64_t appended_ = 0;
  int fd_ = -1;
};

}  // namespace timetrial::tensorfile
