#pragma once
// Counter-based random numbers: the value is a function of (key, counter), so a generator has no
// hidden state, needs no checkpoint, and gives the same numbers on every machine and thread count.
// Source: Salmon et al. 2011, "Parallel Random Numbers: As Easy as 1, 2, 3" (Philox4x32-10);
// tested against the known-answer vectors of that paper's Random123 library.

#include <array>
#include <cstdint>
#include <string_view>

namespace timetrial {

/// The Philox4x32-10 block function.
constexpr std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                                  std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {
        static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
        static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

/// 64-bit FNV-1a of a text: turns the name of a purpose into a number, the same everywhere.
constexpr std::uint64_t hash_text(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001B3ULL;
  }
  return hash;
}

/// A seed for one purpose, derived from a parent seed; `index` tells equal purposes apart (a step,
/// an epoch, a layer). Distinct (purpose, index) give unrelated seeds.
constexpr std::uint64_t derive_seed(std::uint64_t parent, std::string_view purpose,
                                    std::uint64_t index = 0) {
  const std::uint64_t tag = hash_text(purpose);
  const auto block =
      philox4x32({static_cast<std::uint32_t>(tag), static_cast<std::uint32_t>(tag >> 32),
                  static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32)},
                 {static_cast<std::uint32_t>(parent), static_cast<std::uint32_t>(parent >> 32)});
  return (std::uint64_t{block[1]} << 32) | block[0];
}

/// A stream of numbers from one seed. Satisfies UniformRandomBitGenerator (64 bits).
class Random {
 public:
  using result_type = std::uint64_t;
  explicit constexpr Random(std::uint64_t seed) : seed_(seed) {}

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~result_type{0}; }
  constexpr result_type operator()() {
    const std::uint64_t block = position_ >> 1;
    if ((position_ & 1) == 0) {
      buffer_ = philox4x32(
          {static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32), 0, 0},
          {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)});
    }
    const std::size_t half = (position_++ & 1) * 2;
    return (std::uint64_t{buffer_[half + 1]} << 32) | buffer_[half];
  }

  /// Uniform in [0, 1), 53 bits.
  constexpr double uniform() { return static_cast<double>((*this)() >> 11) * 0x1.0p-53; }

  /// Uniform in [0, bound), without modulo bias (Lemire 2019, multiply and reject). bound >= 1.
  constexpr std::uint64_t below(std::uint64_t bound) {
    while (true) {
      const auto product = static_cast<unsigned __int128>((*this)()) * bound;
      if (static_cast<std::uint64_t>(product) >= (std::uint64_t{0} - bound) % bound) {
        return static_cast<std::uint64_t>(product >> 64);
      }
    }
  }

 private:
  std::uint64_t seed_;
  std::uint64_t position_ = 0;
  std::array<std::uint32_t, 4> buffer_{};
};

}  // namespace timetrial
