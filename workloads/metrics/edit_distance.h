#pragma once
// How many insertions, deletions and substitutions turn one sequence into another, at least.
//
// Source  Wagner and Fischer 1974, "The String-to-String Correction Problem"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace timetrial::metrics {

/// One row of the table at a time. Elements are compared with ==.
template <typename T>
std::int64_t edit_distance(std::span<const T> a, std::span<const T> b) {
  std::vector<std::int64_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::int64_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::int64_t above = row[j + 1];
      row[j + 1] = a[i] == b[j] ? diagonal : 1 + std::min({diagonal, above, row[j]});
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace timetrial::metrics
