#include "workloads/data/fingerprint64.h"

#include <bit>
#include <cstring>
#include <utility>

namespace timetrial::data {
namespace {

static_assert(std::endian::native == std::endian::little, "words are read as they lie in memory");

using Word = std::uint64_t;

// Primes between 2^63 and 2^64.
constexpr Word kPrime0 = 0xc3a5c85c97cb3127, kPrime1 = 0xb492b66fbe98f273,
               kPrime2 = 0x9ae16a3b2f90404f;

Word word(const char* at) {
  Word value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

Word half_word(const char* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

Word byte(char c) { return static_cast<unsigned char>(c); }

Word fold(Word x) { return x ^ (x >> 47); }

/// Two words to one, in the manner of Murmur.
Word mix(Word low, Word high, Word multiplier) {
  const Word first = fold((low ^ high) * multiplier);
  return fold((high ^ first) * multiplier) * multiplier;
}

Word up_to_16(std::string_view s) {
  const Word size = s.size();
  const char *begin = s.data(), *end = begin + size;
  const Word multiplier = kPrime2 + size * 2;
  if (size >= 8) {
    const Word a = word(begin) + kPrime2, b = word(end - 8);
    return mix(std::rotr(b, 37) * multiplier + a, (std::rotr(a, 25) + b) * multiplier, multiplier);
  }
  if (size >= 4) return mix(size + (half_word(begin) << 3), half_word(end - 4), multiplier);
  if (size > 0) {
    const Word y = byte(begin[0]) + (byte(begin[size / 2]) << 8);
    const Word z = size + (byte(end[-1]) << 2);
    return fold(y * kPrime2 ^ z * kPrime0) * kPrime2;
  }
  return kPrime2;
}

Word up_to_32(std::string_view s) {
  const char *begin = s.data(), *end = begin + s.size();
  const Word multiplier = kPrime2 + s.size() * 2;
  const Word a = word(begin) * kPrime1, b = word(begin + 8);
  const Word c = word(end - 8) * multiplier, d = word(end - 16) * kPrime2;
  return mix(std::rotr(a + b, 43) + std::rotr(c, 30) + d, a + std::rotr(b + kPrime2, 18) + c,
             multiplier);
}

Word up_to_64(std::string_view s) {
  const char *begin = s.data(), *end = begin + s.size();
  const Word multiplier = kPrime2 + s.size() * 2;
  const Word a = word(begin) * kPrime2, b = word(begin + 8);
  const Word c = word(end - 8) * multiplier, d = word(end - 16) * kPrime2;
  const Word y = std::rotr(a + b, 43) + std::rotr(c, 30) + d;
  const Word z = mix(y, a + std::rotr(b + kPrime2, 18) + c, multiplier);
  const Word e = word(begin + 16) * multiplier, f = word(begin + 24);
  const Word g = (y + word(end - 32)) * multiplier, h = (z + word(end - 24)) * multiplier;
  return mix(std::rotr(e + f, 43) + std::rotr(g, 30) + h, e + std::rotr(f + a, 18) + g, multiplier);
}

struct Pair {
  Word first = 0, second = 0;
};

/// 32 bytes and two seeds to two words.
Pair weak_mix(const char* at, Word a, Word b) {
  a += word(at);
  b = std::rotr(b + a + word(at + 24), 21);
  const Word start = a;
  a += word(at + 8) + word(at + 16);
  b += std::rotr(a, 44);
  return {a + word(at + 24), b + start};
}

/// 56 bytes of state, stirred with 64 bytes at a time.
struct State {
  Word x, y, z;
  Pair v, w;

  /// `scale`: 1 in the body, 9 for the last block.
  void stir(const char* at, Word multiplier, Word scale) {
    x = std::rotr(x + y + v.first + word(at + 8), 37) * multiplier;
    y = std::rotr(y + v.second + word(at + 48), 42) * multiplier;
    x ^= w.second * scale;
    y += v.first * scale + word(at + 40);
    z = std::rotr(z + w.first, 33) * multiplier;
    v = weak_mix(at, v.second * multiplier, x + w.first);
    w = weak_mix(at + 32, z + w.second, y + word(at + 16));
    std::swap(z, x);
  }
};

Word longer(std::string_view s) {
  constexpr Word kSeed = 81;
  const Word tail = (s.size() - 1) % 64;  // bytes after the last whole block but one
  const char* const blocks_end = s.data() + (s.size() - 1) / 64 * 64;
  State state{};
  state.y = kSeed * kPrime1 + 113;
  state.z = fold(state.y * kPrime2 + 113) * kPrime2;
  state.x = kSeed * kPrime2 + word(s.data());
  for (const char* at = s.data(); at != blocks_end; at += 64) state.stir(at, kPrime1, 1);

  const Word multiplier = kPrime1 + ((state.z & 0xff) << 1);
  state.w.first += tail;
  state.v.first += state.w.first;
  state.w.first += state.v.first;
  state.stir(s.data() + s.size() - 64, multiplier, 9);  // overlaps the block before
  return mix(mix(state.v.first, state.w.first, multiplier) + fold(state.y) * kPrime0 + state.z,
             mix(state.v.second, state.w.second, multiplier) + state.x, multiplier);
}

}  // namespace

std::uint64_t fingerprint64(std::string_view bytes) {
  if (bytes.size() <= 16) return up_to_16(bytes);
  if (bytes.size() <= 32) return up_to_32(bytes);
  if (bytes.size() <= 64) return up_to_64(bytes);
  return longer(bytes);
}

}  // namespace timetrial::data
