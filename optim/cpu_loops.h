#pragma once
// The inner loops of one instruction set: every rule over one piece of a tensor, in float and in
// double.

#include <array>
#include <cstdint>
#include <tuple>

#include "optim/rules.h"

namespace timetrial::optim {

/// Elements next to one another in memory, at one place of each stream.
struct Piece {
  std::array<void*, kMostStreams> streams;
  std::int64_t size;
  const double* scalars;  ///< [kScalars]
  double* sums;           ///< [kSums], set by the loop
};

using Loop = void (*)(const void* rule, const Piece& piece);

/// By place in Rules.
struct Loops {
  std::array<Loop, std::tuple_size_v<Rules>> in_float, in_double;
};

const Loops& baseline_loops();  ///< whatever the compiler assumes by default
#ifdef TIMETRIAL_X86_LOOPS
const Loops& avx2_loops();
const Loops& avx512_loops();
#endif

}  // namespace timetrial::optim
