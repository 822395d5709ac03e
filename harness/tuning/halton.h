#pragma once
// A scrambled Halton sequence: points of the unit cube that fill it evenly at every length.
//
//   Halton halton(dimensions, seed);
//   halton.at(i)   // the i-th point, i from 0; does not depend on how many are asked for
//
// Dimension j uses the j-th prime as its base; every digit of the index, leading zeros included,
// goes through a permutation of its own, drawn once from (seed, dimension, digit). A dimension
// added later leaves the earlier coordinates as they are. Source: Owen 2017, "A randomized Halton
// algorithm in R" (arXiv 1706.02808), section 3.

#include <cstdint>
#include <vector>

namespace timetrial::tuning {

class Halton {
 public:
  Halton(std::size_t dimensions, std::uint64_t seed);

  /// Coordinates in [0, 1).
  std::vector<double> at(std::uint64_t index) const;

 private:
  using Permutation = std::vector<std::uint32_t>;
  struct Dimension {
    std::uint32_t base = 2;
    std::vector<Permutation> digits;  ///< least significant digit of the index first
  };
  static double coordinate(const Dimension& dimension, std::uint64_t index);

  std::vector<Dimension> dimensions_;
};

}  // namespace timetrial::tuning
