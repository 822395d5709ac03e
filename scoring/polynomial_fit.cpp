#include "scoring/polynomial_fit.h"

#include <set>
#include <stdexcept>

namespace timetrial::scoring {

// By polynomials that are orthogonal over the points, each x times the last less its shares of the
// two before it (Forsythe 1957): sums of products stay small where powers of x would not.
double fitted_value(const std::vector<FitPoint>& points, std::size_t degree, double x) {
  std::set<double> different;
  for (const auto& point : points) different.insert(point.x);
  if (different.size() <= degree) {
    throw std::invalid_argument("polynomial fit: too few points with different x");
  }
  std::vector<double> last(points.size(), 0), now(points.size(), 1);
  double last_at_x = 0, now_at_x = 1, last_norm = 1, value = 0;
  for (std::size_t k = 0; k <= degree; ++k) {
    double norm = 0, product = 0, shift = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
      norm += now[i] * now[i];
      product += now[i] * points[i].y;
      shift += points[i].x * now[i] * now[i];
    }
    value += product / norm * now_at_x;
    shift /= norm;
    const double share = k == 0 ? 0 : norm / last_norm;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const double next = (points[i].x - shift) * now[i] - share * last[i];
      last[i] = now[i];
      now[i] = next;
    }
    const double next_at_x = (x - shift) * now_at_x - share * last_at_x;
    last_at_x = now_at_x;
    now_at_x = next_at_x;
    last_norm = norm;
  }
  return value;
}

}  // namespace timetrial::scoring
