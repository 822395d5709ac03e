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

template <class Rule, class T>
void loop(const void* given, const Piece& piece) {
  using V = Vector<T>;
  using All = Streams<Rule, T>;
  const Rule rule = *static_cast<const Rule*>(given);  // a copy that no store can change
  constexpr auto kEach = std::make_index_sequence<Rule::kStreams>();
  T scalars[kMostScalars] = {};
  for (int k = 0; k < scalars_of<Rule>(); ++k) scalars[k] = static_cast<T>(piece.scalars[k]);
  V sums[kMostSums];
  for (auto& sum : sums) sum = has_minima<Rule>() ? std::numeric_limits<T>::infinity() : T(0);

  All streams;
  for (int s = 0; s < Rule::kStreams; ++s) streams.data[s] = static_cast<T*>(piece.streams[s]);
  std::int64_t at = 0;
  for (; at + All::kWidth <= piece.size; at += All::kWidth) {
    streams.whole(rule, at, scalars, sums, kEach);
  }
  if (at < piece.size) {
    // Zeros add nothing to a sum; a rule with a minimum has none for elements that stay at zero.
    T padded[Rule::kStreams][All::kWidth] = {};
    All rest;
    for (int s = 0; s < Rule::kStreams; ++s) {
      for (std::int64_t i = at; i < piece.size; ++i) padded[s][i - at] = streams.data[s][i];
      rest.data[s] = padded[s];
    }
    rest.whole(rule, 0, scalars, sums, kEach);
    for (int s = 0; s < Rule::kStreams; ++s) {
      if ((Rule::kWritten >> s & 1U) == 0) continue;
      for (std::int64_t i = at; i < piece.size; ++i) streams.data[s][i] = padded[s][i - at];
    }
  }
  reduce<T, V>(rule, sums, piece.sums);
}

template <class T, std::size_t... place>
constexpr std::array<Loop, sizeof...(place)> all_loops(std::index_sequence<place...> /*places*/) {
  return {&loop<std::tuple_element_t<place, Rules>, T>...};
}

constexpr auto kPlaces = std::make_index_sequence<std::tuple_size_v<Rules>>();
constexpr Loops kLoops = {all_loops<float>(kPlaces), all_loops<double>(kPlaces)};

}  // namespace
}  // namespace timetrial::optim
