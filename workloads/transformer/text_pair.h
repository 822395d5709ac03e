#pragma once
// A text in English and in another language, as they are read.
#include <compare>
#include <string>

namespace timetrial::transformer {

struct TextPair {
  std::string other, english;
  friend auto operator<=>(const TextPair&, const TextPair&) = default;
};

}  // namespace timetrial::transformer
