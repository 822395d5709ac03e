// CAGrad. Its convex program, over weights w of the simplex, is to minimise
//
//   F(w) = <g_w, g_0> + r |g_w|,  with r = c |g_0|.
//
// At its minimum w also minimises |g_w + t g_0| for t = |g_w| / r (compare the gradients of both):
// a nearest point, which is found exactly. |g_w| grows with t, so t is where |g_w(t)| = r t.
#include "optim/multitask/min_norm.h"

#include <algorithm>
#include <cmath>

namespace timetrial::multitask {
namespace {

constexpr int kHalvings = 60;

/// Weights of the point nearest to the origin after all corners were moved by t g_0.
class Shifted {
 public:
  explicit Shifted(const Gram& gram)
      : gram_(gram),
        with_mean_(
            products(gram, Coefficients(gram.tasks(), 1 / static_cast<double>(gram.tasks())))) {
    for (const double one : with_mean_) {
      squared_mean_ += one / static_cast<double>(gram.tasks());
    }
  }
  double mean_norm() const { return std::sqrt(std::max(squared_mean_, 0.0)); }
  Coefficients nearest(double t) const {
    Gram moved(gram_.tasks());
    for (std::size_t i = 0; i < gram_.tasks(); ++i) {
      for (std::size_t j = 0; j < gram_.tasks(); ++j) {
        moved(i, j) = gram_(i, j) + t * (with_mean_[i] + with_mean_[j]) + t * t * squared_mean_;
      }
    }
    return detail::nearest_point(moved);
  }

 private:
  const Gram& gram_;
  std::vector<double> with_mean_;  // <g_i, g_0>
  double squared_mean_ = 0;
};

Coefficients worst_case_weights(const Gram& gram, const Shifted& shifted, double radius) {
  double longest = 0;
  for (const double one : norms(gram)) longest = std::max(longest, one);
  double low = 0, high = longest / radius;  // there |g_w| <= r t, whatever w is
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (combined_norm(gram, shifted.nearest(middle)) > radius * middle ? low : high) = middle;
  }
  return shifted.nearest(high);
}

}  // namespace

Coefficients cagrad(const Gram& gram, const CaGrad& rule) {
  const std::size_t tasks = gram.tasks();
  if (!detail::finite(gram)) return detail::ones(tasks);
  Coefficients a(tasks, 1 / static_cast<double>(tasks));
  const Shifted shifted(gram);
  const double radius = rule.c * shifted.mean_norm();
  double longest = 0;
  for (const double one : norms(gram)) longest = std::max(longest, one);
  if (radius > 1e-12 * longest) {  // else the mean is all there is
    const auto weights = worst_case_weights(gram, shifted, radius);
    const double length = combined_norm(gram, weights);
    for (std::size_t i = 0; i < tasks && length > 1e-9 * longest; ++i) {
      a[i] += radius / length * weights[i];
    }
  }
  const double divisor = rule.rescale == Rescale::by_square ? 1 + rule.c * rule.c
                         : rule.rescale == Rescale::by_sum  ? 1 + rule.c
                                                            : 1;
  for (double& one : a) one /= divisor;
  return detail::finite(a) ? a : detail::ones(tasks);
}

}  // namespace timetrial::multitask
