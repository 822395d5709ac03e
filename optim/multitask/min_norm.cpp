#include "optim/multitask/min_norm.h"

#include <algorithm>
#include <cmath>

namespace timetrial::multitask {
namespace detail {
namespace {

using Places = std::vector<std::size_t>;

/// Weights of sum 1, of any sign, for which all inner products with the corners of the set are
/// equal: the nearest point of the plane through them. Empty where they span no such plane.
Vector nearest_of_plane(const Gram& gram, const Places& set) {
  const std::size_t n = set.size();
  double scale = 0;
  for (const auto place : set) scale = std::max(scale, gram(place, place));
  Matrix bordered(n + 1);
  Vector right(n + 1, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) bordered(i, j) = gram(set[i], set[j]) / scale;
    bordered(i, n) = bordered(n, i) = 1;
  }
  right[n] = 1;
  Vector solution = solve(std::move(bordered), std::move(right));
  if (!solution.empty()) solution.pop_back();  // the multiplier
  return solution;
}

/// Moves `weights` towards `target` (one per place of the set) until one becomes 0, and takes that
/// corner out of the set.
void to_the_edge(Vector& weights, const Vector& target, Places& set) {
  double step = 1;
  std::size_t first = 0;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (target[i] > 0) continue;
    const double weight = weights[set[i]];
    const double possible = weight > 0 ? weight / (weight - target[i]) : 0;
    if (possible <= step) {
      step = possible;
      first = i;
    }
  }
  for (std::size_t i = 0; i < set.size(); ++i) {
    weights[set[i]] += step * (target[i] - weights[set[i]]);
  }
  weights[set[first]] = 0;
  set.erase(set.begin() + static_cast<std::ptrdiff_t>(first));
}

/// The nearest point of the corners of the set, some of which may leave it. Whether it was found.
bool nearest_of_set(const Gram& gram, Vector& weights, Places& set) {
  while (true) {
    const Vector target = nearest_of_plane(gram, set);
    if (target.empty()) return false;
    if (std::all_of(target.begin(), target.end(), [](double weight) { return weight > 0; })) {
      for (std::size_t i = 0; i < set.size(); ++i) weights[set[i]] = target[i];
      return true;
    }
    to_the_edge(weights, target, set);
  }
}

}  // namespace

Coefficients nearest_point(const Gram& gram) {
  const std::size_t tasks = gram.tasks();
  std::size_t shortest = 0;
  double longest = 0;
  for (std::size_t i = 0; i < tasks; ++i) {
    if (gram(i, i) < gram(shortest, shortest)) shortest = i;
    longest = std::max(longest, gram(i, i));
  }
  Vector weights(tasks, 0.0);
  weights[shortest] = 1;
  if (!(gram(shortest, shortest) > 0)) return weights;  // nothing is nearer than the origin
  Places set{shortest};
  // Each turn shortens the point, so no set comes twice; the bound is for rounding.
  for (std::size_t turn = 0; turn < 10 * tasks + 10; ++turn) {
    const auto along = products(gram, weights);
    const double squared = dot(weights, along);
    const auto lowest =
        static_cast<std::size_t>(std::min_element(along.begin(), along.end()) - along.begin());
    const bool known = std::find(set.begin(), set.end(), lowest) != set.end();
    if (known || along[lowest] >= squared - 1e-14 * longest) return weights;
    const Vector before = weights;
    set.push_back(lowest);
    if (!nearest_of_set(gram, weights, set)) return before;
  }
  return weights;
}

}  // namespace detail

namespace {

/// What each gradient is divided by.
std::vector<double> divisors(const Gram& gram, const std::vector<double>& losses,
                             Normalization normalization) {
  std::vector<double> result(gram.tasks(), 1.0);
  const auto lengths = norms(gram);
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (normalization == Normalization::l2 || normalization == Normalization::loss_plus) {
      result[i] *= lengths[i];
    }
    if (normalization == Normalization::loss || normalization == Normalization::loss_plus) {
      result[i] *= losses.at(i);
    }
    if (!(result[i] > 0)) result[i] = 1;
  }
  return result;
}

}  // namespace

Coefficients mgda(const Gram& gram, const std::vector<double>& losses, const Mgda& rule) {
  const std::size_t tasks = gram.tasks();
  if (!detail::finite(gram) || !detail::finite(losses)) return detail::ones(tasks);
  const auto by = divisors(gram, losses, rule.normalization);
  Gram scaled(tasks);
  for (std::size_t i = 0; i < tasks; ++i) {
    for (std::size_t j = 0; j < tasks; ++j) scaled(i, j) = gram(i, j) / by[i] / by[j];
  }
  if (!detail::finite(scaled)) return detail::ones(tasks);
  auto weights =
      rule.published ? detail::published_nearest_point(scaled) : detail::nearest_point(scaled);
  for (std::size_t i = 0; i < tasks; ++i) weights[i] /= by[i];
  return weights;
}

}  // namespace timetrial::multitask
