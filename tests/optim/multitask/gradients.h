#pragma once
// Seeded random gradients of K tasks, and their Gram matrices.

#include <timetrial/multitask.h>
#include <timetrial/random.h>

#include <cmath>
#include <vector>

namespace timetrial::multitask {

using Rows = std::vector<std::vector<double>>;

inline Gram gram_of(const Rows& rows) {
  Gram gram(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < rows.size(); ++j) {
      for (std::size_t k = 0; k < rows[i].size(); ++k) gram(i, j) += rows[i][k] * rows[j][k];
    }
  }
  return gram;
}

/// Entries uniform in [-1, 1), rows of lengths that differ by a factor of up to e^2; with more rows
/// than numbers in a row the Gram matrix is singular.
inline Rows random_rows(std::size_t tasks, std::size_t length, std::uint64_t seed) {
  Random random(seed);
  Rows rows(tasks, std::vector<double>(length));
  for (auto& row : rows) {
    const double scale = std::exp(2 * random.uniform() - 1);
    for (double& one : row) one = scale * (2 * random.uniform() - 1);
  }
  return rows;
}

inline Gram random_gram(std::size_t tasks, std::size_t length, std::uint64_t seed) {
  return gram_of(random_rows(tasks, length, seed));
}

}  // namespace timetrial::multitask
