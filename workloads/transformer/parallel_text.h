#pragma once
// Two text files whose lines belong together, read without holding them in memory.
//
//   ParallelText text("train.de", "train.en", 250'000, remedy);
//   text.read(3, [&](const TextPair& pair) { … });   // lines 750,000 to 1,000,000
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "workloads/transformer/text_pair.h"

namespace timetrial::transformer {

class ParallelText {
 public:
  /// Counts the lines, and remembers where each part of `lines_per_part` begins. A last line
  /// without end counts. Throws DataError for a missing file and for unequal numbers of lines, with
  /// `remedy`.
  ParallelText(std::filesystem::path german, std::filesystem::path english,
               std::int64_t lines_per_part, const std::string& remedy);

  std::int64_t lines() const { return lines_; }
  std::int64_t parts() const { return static_cast<std::int64_t>(begins_.size()); }
  /// Lines of a part: `lines_per_part`, fewer in the last.
  std::int64_t lines(std::int64_t part) const;
  std::uint64_t bytes() const;  ///< of both files

  /// Every pair of lines of a part in order, without line ends.
  void read(std::int64_t part, const std::function<void(const TextPair&)>& pair) const;

 private:
  struct Begin {
    std::uint64_t german = 0, english = 0;  // bytes
  };
  const std::filesystem::path german_, english_;
  const std::int64_t lines_per_part_;
  std::int64_t lines_ = 0;
  std::vector<Begin> begins_;
};

}  // namespace timetrial::transformer
