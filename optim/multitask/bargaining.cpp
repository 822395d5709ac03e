// Nash-MTL. The exact solution in b_i = a_i |g_i| and the cosines C: C b = 1 / b, the minimum of
// the strictly convex b^T C b / 2 - sum log b.
#include "optim/multitask/bargaining.h"

#include <algorithm>
#include <cmath>

namespace timetrial::multitask {
namespace detail {
namespace {

constexpr double kRidge = 1e-9;
constexpr int kNewtonSteps = 200;

double height(const Matrix& cosines, const Vector& b) {
  double sum = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    if (!(b[i] > 0)) return INFINITY;
    for (std::size_t j = 0; j < b.size(); ++j) sum += b[i] * cosines(i, j) * b[j] / 2;
    sum -= std::log(b[i]);
  }
  return sum;
}

/// One damped step of Newton's. Whether it went down.
bool descend(const Matrix& cosines, Vector& b) {
  Matrix hessian = cosines;
  Vector down(b.size());
  for (std::size_t i = 0; i < b.size(); ++i) {
    down[i] = 1 / b[i];
    for (std::size_t j = 0; j < b.size(); ++j) down[i] -= cosines(i, j) * b[j];
    hessian(i, i) += 1 / (b[i] * b[i]);
  }
  const Vector step = solve(std::move(hessian), down);
  if (step.empty()) return false;
  const double here = height(cosines, b);
  for (double factor = 1; factor > 1e-10; factor /= 2) {
    Vector next = b;
    for (std::size_t i = 0; i < b.size(); ++i) next[i] += factor * step[i];
    if (!(height(cosines, next) < here)) continue;
    b = std::move(next);
    return true;
  }
  return false;
}

}  // namespace

Coefficients bargaining_solution(const Gram& gram) {
  const Matrix c = cosines(gram, kRidge);
  Vector b(gram.tasks(), 1 / std::sqrt(static_cast<double>(gram.tasks())));
  for (int i = 0; i < kNewtonSteps; ++i) {
    if (!descend(c, b)) break;
  }
  const auto lengths = norms(gram);
  for (std::size_t i = 0; i < b.size(); ++i) b[i] /= lengths[i];
  return b;
}

}  // namespace detail

Coefficients nash(const Gram& gram, const Nash& rule) {
  const std::size_t tasks = gram.tasks();
  if (!detail::finite(gram)) return detail::ones(tasks);
  const auto places = detail::with_gradient(gram);
  if (places.empty()) return detail::ones(tasks);
  const Gram some = detail::part(gram, places);
  const auto a = rule.iterations == 0 ? detail::bargaining_solution(some)
                                      : detail::linearised_bargaining(some, rule.iterations);
  if (!detail::finite(a)) return detail::ones(tasks);
  return clipped(gram, detail::spread(a, places, tasks), rule.max_norm);
}

}  // namespace timetrial::multitask
