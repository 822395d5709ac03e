#include "harness/tuning/halton.h"

#include <timetrial/random.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace timetrial::tuning {
namespace {

std::uint32_t next_prime(std::uint32_t after) {
  for (std::uint32_t candidate = after + 1;; ++candidate) {
    bool prime = candidate >= 2;
    for (std::uint32_t d = 2; d * d <= candidate && prime; ++d) prime = candidate % d != 0;
    if (prime) return candidate;
  }
}

/// Uniform among all orders of 0 … base - 1 (Fisher and Yates).
std::vector<std::uint32_t> permutation(std::uint32_t base, std::uint64_t seed) {
  std::vector<std::uint32_t> order(base);
  std::iota(order.begin(), order.end(), 0U);
  Random random(seed);
  for (std::uint32_t i = base - 1; i > 0; --i) std::swap(order[i], order[random.below(i + 1ULL)]);
  return order;
}

}  // namespace

Halton::Halton(std::size_t dimensions, std::uint64_t seed) {
  std::uint32_t prime = 1;
  for (std::size_t j = 0; j < dimensions; ++j) {
    prime = next_prime(prime);
    const std::uint64_t dimension_seed = derive_seed(seed, "halton dimension", j);
    Dimension dimension{prime, {}};
    // Digits below the resolution of a double cannot be seen.
    double weight = 1;
    for (std::uint64_t digit = 0; weight > 0x1.0p-53; ++digit) {
      dimension.digits.push_back(
          permutation(prime, derive_seed(dimension_seed, "halton digit", digit)));
      weight /= prime;
    }
    dimensions_.push_back(std::move(dimension));
  }
}

double Halton::coordinate(const Dimension& dimension, std::uint64_t index) {
  double value = 0, weight = 1;
  for (const auto& digit : dimension.digits) {
    weight /= dimension.base;
    value += weight * digit[index % dimension.base];
    index /= dimension.base;
  }
  return std::min(value, std::nextafter(1.0, 0.0));  // the sum may round up to 1
}

std::vector<double> Halton::at(std::uint64_t index) const {
  std::vector<double> point;
  for (const auto& dimension : dimensions_) point.push_back(coordinate(dimension, index));
  return point;
}

}  // namespace timetrial::tuning
