#pragma once
// One fuzzer for several readers.
#include "harness/trial/error.h"
#include "tests/fuzz/promise.h"

#include <span>
#include <string_view>

namespace timetrial::fuzz {

using Reader = void (*)(std::string_view bytes);

/// Hands what follows the first byte to the reader that it names: '0' the first, and so on round.
/// An error of input is one line.
inline void read_by_first_byte(std::string_view bytes, std::span<const Reader> readers) {
  if (bytes.empty()) return;
  constexpr std::size_t kBytes = 256;
  const std::size_t number = static_cast<unsigned char>(bytes.front()) + kBytes - '0';
  try {
    readers[number % kBytes % readers.size()](bytes.substr(1));
  } catch (const InputError& error) {
    require_one_line(error);
  }
}

}  // namespace timetrial::fuzz
