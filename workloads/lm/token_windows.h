#pragma once
// Prepared examples of tokens: windows of T + 1 tokens that do not overlap, the first T the inputs,
// the last T the targets, as AlgoPerf cuts finewebedu_lm's stream.
//
// File    safetensors with one tensor "tokens", I16 [N, T + 1], whose values are read as unsigned;
//         mapped, so processes share its pages
// Errors  DataError naming file, expectation and the command that prepares it
#include <vector>

#include "workloads/workload.h"

namespace timetrial::lm {

class TokenWindows {
 public:
  /// The windows of these files, one after the other.
  TokenWindows(const std::vector<std::filesystem::path>& files, std::int64_t sequence_length,
               const std::string& prepare_command);
  std::int64_t size() const { return ends_.back(); }
  /// inputs, targets int64 [B, T] and weights float32 [B], all 1. Throws std::out_of_range.
  Batch gather(std::span<const std::int64_t> indices) const;

 private:
  const std::uint16_t* window(std::int64_t index) const;

  std::vector<at::Tensor> files_;  // int16 [N, T + 1]
  std::vector<std::int64_t> ends_;
  std::int64_t sequence_length_;
};

/// `tokens` is whole windows of `sequence_length` + 1.
void write_windows(const std::filesystem::path& file, std::span<const std::uint16_t> tokens,
                   std::int64_t sequence_length);

}  // namespace timetrial::lm
