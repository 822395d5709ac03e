// The text of all cpu_loops_*.cpp. Each is compiled with the options of its instruction set, so
// nothing here may have a name that the linker could share with another of them: everything is in
// an unnamed namespace, and the vectors' types differ by width.

#include <experimental/simd>
#include <limits>
#include <utility>

namespace timetrial::optim {
namespace {

namespace stdx = std::experimental;

// Before the rules, which use it.
template <class T, class Abi>
stdx::simd<T, Abi> sign(const stdx::simd<T, Abi>& x) {
  stdx::simd<T, Abi> result = 0;
  stdx::where(x > T(0), result) = T(1);
  stdx::where(x < T(0), result) = T(-1);
  return result;
}

}  // namespace
}  // namespace timetrial::optim

#include "optim/cpu_loops.h"

namespace timetrial::optim {
namespace {

template <class T>
using Vector = stdx::native_simd<T>;

/// `count` elements of each stream from `at` on; fewer than a vector go through a padded copy, so
/// that every element of a tensor has the same arithmetic wherever a piece ends.
template <class Rule, class T>
struct Streams {
  using V = Vector<T>;
  static constexpr std::int64_t kWidth = static_cast<std::int64_t>(V::size());
  std::array<T*, Rule::kStreams> data;

  /// All `size` elements.
  void all(const Rule& rule, std::int64_t size, const T* scalars, V* sums) const {
    constexpr auto kEach = std::make_index_sequence<Rule::kStreams>();
    std::int64_t at = 0;
    for (; at + kWidth <= size; at += kWidth) whole(rule, at, scalars, sums, kEach);
    if (at == size) return;
    // Zeros add nothing to a sum; a rule with a minimum has none for elements that stay at zero.
    T padded[Rule::kStreams][kWidth] = {};
    Streams rest;
    for (int s = 0; s < Rule::kStreams; ++s) {
      for (std::int64_t i = at; i < size; ++i) padded[s][i - at] = data[s][i];
      rest.data[s] = padded[s];
    }
    rest.whole(rule, 0, scalars, sums, kEach);
    for (int s = 0; s < Rule::kStreams; ++s) {
      if ((Rule::kWritten >> s & 1U) == 0) continue;
      for (std::int64_t i = at; i < size; ++i) data[s][i] = padded[s][i - at];
    }
  }

  template <std::size_t... s>
  void whole(const Rule& rule, std::int64_t at, const T* scalars, V* sums,
             std::index_sequence<s...> /*streams*/) const {
    V x[] = {V(data[s] + at, stdx::element_aligned)...};
    rule.template operator()<T, V>(x, scalars, sums);
    (write<s>(x[s], data[s] + at), ...);
  }

  template <std::size_t s>
  static void write(const V& x, T* to) {
    if constexpr ((Rule::kWritten >> s & 1U) != 0) x.copy_to(to, stdx::element_aligned);
  }
};

template <class T, class V, class Rule>
void reduce(const Rule& /*rule*/, const V* sums, double* result) {
  for (int k = 0; k < sums_of<Rule>(); ++k) {
    double total = has_minima<Rule>() ? std::numeric_limits<double>::infinity() : 0;
    for (std::size_t lane = 0; lane < V::size(); ++lane) {
      const auto value = static_cast<double>(T(sums[k][lane]));
      total = has_minima<Rule>() ? (value < total ? value : total) : total + value;
    }
    result[k] = total;
  }
}

/// Each element's number of its row and of its column, for `count` elements behind the first
/// `before` of a tensor.
template <class T>
void spread(const Matrices& matrices, std::int64_t before, std::int64_t count, const T* rows,
            const T* columns, T* by_row, T* by_column) {
  std::int64_t row = before / matrices.width, column = before % matrices.width;
  for (std::int64_t done = 0; done < count; ++row, column = 0) {
    const std::int64_t left = matrices.width - column;
    const std::int64_t n = left < count - done ? left : count - done;
    const T* from = columns + row / matrices.height * matrices.width + column;
    for (std::int64_t i = 0; i < n; ++i) by_row[done + i] = rows[row];
    for (std::int64_t i = 0; i < n; ++i) by_column[done + i] = from[i];
    done += n;
  }
}

/// All of a piece, whose last two streams are spread a little at a time.
template <class Rule, class T>
void spread_all(const Rule& rule, const Piece& piece, Streams<Rule, T> streams, const T* scalars,
                Vector<T>* sums) {
  constexpr std::int64_t kAtOnce = 512;
  constexpr int kOwn = Rule::kStreams - 2;
  T by_row[kAtOnce], by_column[kAtOnce];
  const T *rows = streams.data[kOwn], *columns = streams.data[kOwn + 1];
  streams.data[kOwn] = by_row;
  streams.data[kOwn + 1] = by_column;
  for (std::int64_t at = 0; at < piece.size; at += kAtOnce) {
    const std::int64_t left = piece.size - at, n = left < kAtOnce ? left : kAtOnce;
    spread(piece.matrices, piece.before + at, n, rows, columns, by_row, by_column);
    streams.all(rule, n, scalars, sums);
    for (int s = 0; s < kOwn; ++s) streams.data[s] += n;
  }
}

template <class Rule, class T>
void loop(const void* given, const Piece& piece) {
  using V = Vector<T>;
  using All = Streams<Rule, T>;
  const Rule rule = *static_cast<const Rule*>(given);  // a copy that no store can change
  T scalars[kMostScalars] = {};
  for (int k = 0; k < scalars_of<Rule>(); ++k) scalars[k] = static_cast<T>(piece.scalars[k]);
  V sums[kMostSums];
  for (auto& sum : sums) sum = has_minima<Rule>() ? std::numeric_limits<T>::infinity() : T(0);

  All streams;
  for (int s = 0; s < Rule::kStreams; ++s) streams.data[s] = static_cast<T*>(piece.streams[s]);
  if constexpr (is_spread<Rule>()) {
    spread_all(rule, piece, streams, scalars, sums);
  } else {
    streams.all(rule, piece.size, scalars, sums);
  }
  reduce<T, V>(rule, sums, piece.sums);
}

template <class T>
void square_sums(const void* values, std::int64_t rows, std::int64_t width, void* by_row,
                 void* by_column) {
  using V = Vector<T>;
  constexpr auto kWidth = static_cast<std::int64_t>(V::size());
  const T* x = static_cast<const T*>(values);
  T* columns = static_cast<T*>(by_column);
  for (std::int64_t row = 0; row < rows; ++row, x += width) {
    V sums = 0;
    std::int64_t at = 0;
    for (; at + kWidth <= width; at += kWidth) {
      V square(x + at, stdx::element_aligned), sum(columns + at, stdx::element_aligned);
      square = square * square;
      sums = sums + square;
      sum = sum + square;
      sum.copy_to(columns + at, stdx::element_aligned);
    }
    T total = 0;
    for (std::int64_t lane = 0; lane < kWidth; ++lane)
      total += sums[static_cast<std::size_t>(lane)];
    for (; at < width; ++at) {
      total += x[at] * x[at];
      columns[at] += x[at] * x[at];
    }
    static_cast<T*>(by_row)[row] = total;
  }
}

template <class T, std::size_t... place>
constexpr std::array<Loop, sizeof...(place)> all_loops(std::index_sequence<place...> /*places*/) {
  return {&loop<std::tuple_element_t<place, Rules>, T>...};
}

constexpr auto kPlaces = std::make_index_sequence<std::tuple_size_v<Rules>>();
constexpr Loops kLoops = {all_loops<float>(kPlaces), all_loops<double>(kPlaces),
                          &square_sums<float>, &square_sums<double>};

}  // namespace
}  // namespace timetrial::optim
