#pragma once
// The inner loops of one instruction set: every rule over one piece of a tensor, in float and in
// double.

#include <array>
#include <cstdint>
#include <tuple>

#include "optim/matrices.h"
#include "optim/rules.h"

namespace timetrial::optim {

/// Elements next to one another in memory, at one place of each stream.
struct Piece {
  std::array<void*, kMostStreams> streams;  ///< rows and columns that are spread: their first ones
  std::int64_t size;
  Matrices matrices;      ///< only where a rule spreads
  std::int64_t before;    ///< elements of the tensor in front of these; only where a rule spreads
  const double* scalars;  ///< [kScalars]
  double* sums;           ///< [kSums], set by the loop
};

using Loop = void (*)(const void* rule, const Piece& piece);

/// Of `rows` rows of `width` elements, one behind the other: the sum of squares of each row, and
/// added to `by_column` those of each column.
using SquareSums = void (*)(const void* values, std::int64_t rows, std::int64_t width, void* by_row,
                            void* by_column);

/// By place in Rules.
struct Loops {
  std::array<Loop, std::tuple_size_v<Rules>> in_float, in_double;
  SquareSums squares_in_float, squares_in_double;
};

const Loops& best_loops();  ///< of those below, for this processor

const Loops& baseline_loops();  ///< whatever the compiler assumes by default
#ifdef TIMETRIAL_X86_LOOPS
const Loops& avx2_loops();
const Loops& avx512_loops();
#endif

}  // namespace timetrial::optim
