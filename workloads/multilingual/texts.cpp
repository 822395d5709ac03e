#include "workloads/multilingual/texts.h"

#include <algorithm>
#include <set>

namespace timetrial::multilingual {

using transformer::SplitPair;
using transformer::TextPair;

/// Different pairs of version 7.4.7.
constexpr std::int64_t kZuluPairs = 4'539;

std::vector<std::vector<SplitPair>> read_texts(const std::filesystem::path& packages) {
  const std::vector<std::vector<TextPair>> languages{
      transformer::read_pairs(packages / "libreoffice-de"),
      transformer::read_interface_pairs(packages / "libreoffice-zu", "zu", kZuluPairs)};
  std::set<TextPair> all;
  for (const auto& pairs : languages) all.insert(pairs.begin(), pairs.end());
  const auto split = transformer::split({all.begin(), all.end()});
  std::vector<std::vector<SplitPair>> texts;
  for (const auto& pairs : languages) {  // sorted
    texts.emplace_back();
    for (const SplitPair& pair : split) {
      if (std::binary_search(pairs.begin(), pairs.end(), pair.text)) texts.back().push_back(pair);
    }
  }
  return texts;
}

}  // namespace timetrial::multilingual
