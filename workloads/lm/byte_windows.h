#pragma once
// A stream of bytes cut into examples: window i is bytes [i T, i T + T + 1), its first T are the
// inputs and its last T the targets, so every byte but the first is predicted exactly once.
//
// File    safetensors with one tensor "bytes", U8 [N]; mapped, so processes share its pages
// Errors  DataError naming file, expectation and the command that prepares it
#include "workloads/workload.h"

namespace timetrial::lm {

class ByteWindows {
 public:
  ByteWindows(const std::filesystem::path& file, std::int64_t sequence_length,
              const std::string& prepare_command);
  /// Windows; a last one that is not full is left out.
  std::int64_t size() const;
  /// inputs, targets int64 [B, T] and weights float32 [B], all 1. Throws std::out_of_range.
  Batch gather(std::span<const std::int64_t> indices) const;

 private:
  at::Tensor bytes_;  // uint8 [N], a view of the mapped file
  std::int64_t sequence_length_;
};

/// Writes a file that ByteWindows reads. Makes the folder.
void write_bytes(const std::filesystem::path& file, std::string_view bytes);

}  // namespace timetrial::lm
