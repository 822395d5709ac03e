#pragma once
// A text and its translation, as they are read.
#include <compare>
#include <string>

namespace timetrial::transformer {

struct TextPair {
  std::string german, english;
  friend auto operator<=>(const TextPair&, const TextPair&) = default;
};

}  // namespace timetrial::transformer
