#pragma once
// A polynomial through points, by least squares.

#include <cstddef>
#include <vector>

namespace timetrial::scoring {

struct FitPoint {
  double x = 0, y = 0;
};

/// The value at x of the polynomial of this degree with the least squared error over `points`.
/// Throws std::invalid_argument unless more than `degree` of them have different x.
double fitted_value(const std::vector<FitPoint>& points, std::size_t degree, double x);

}  // namespace timetrial::scoring
