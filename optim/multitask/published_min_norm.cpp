// Sener and Koltun's search for the shortest combination: from the best pair of gradients, steps
// along the projected gradient to the edge of the simplex, and the best point of each step.
#include "optim/multitask/min_norm.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace timetrial::multitask::detail {
namespace {

constexpr int kSteps = 250;
constexpr double kStop = 1e-5;
constexpr double kKept = 0.999;  // of the better of two points when the other is of no use
constexpr double kLeastStep = 1e-7;

struct Pair {
  double weight = 0;   ///< of the first point
  double squared = 0;  ///< of the combination
};

Pair shortest_of_two(double first, double product, double second) {
  if (product >= first) return {kKept, first};
  if (product >= second) return {1 - kKept, second};
  const double weight = (second - product) / (first + second - 2 * product);
  return {weight, second + weight * (product - second)};
}

Vector best_pair(const Gram& gram) {
  Vector weights(gram.tasks(), 0.0);
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < gram.tasks(); ++i) {
    for (std::size_t j = i + 1; j < gram.tasks(); ++j) {
      const auto pair = shortest_of_two(gram(i, i), gram(i, j), gram(j, j));
      if (!(pair.squared < least)) continue;
      least = pair.squared;
      std::fill(weights.begin(), weights.end(), 0.0);
      weights[i] = pair.weight;
      weights[j] = 1 - pair.weight;
    }
  }
  return weights;
}

Vector onto_simplex(Vector x) {
  Vector sorted = x;
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  double sum = 0, offset = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    sum += sorted[i];
    offset = (sum - 1) / static_cast<double>(i + 1);
    if (i + 1 < sorted.size() && offset > sorted[i + 1]) break;
  }
  for (double& one : x) one = std::max(one - offset, 0.0);
  return x;
}

/// As far along the projected gradient as the first weight that comes to 0 or 1.
Vector at_the_edge(const Gram& gram, const Vector& weights) {
  Vector direction = products(gram, weights);
  double mean = 0;
  for (double& one : direction) mean += (one = -one) / static_cast<double>(weights.size());
  double fall = 0, rise = 0;  // least steps above kLeastStep; 0: none
  for (std::size_t i = 0; i < weights.size(); ++i) {
    direction[i] -= mean;
    if (direction[i] == 0) continue;
    const double step = ((direction[i] > 0 ? 1 : 0) - weights[i]) / direction[i];
    double& least = direction[i] > 0 ? rise : fall;
    if (step > kLeastStep && (least == 0 || step < least)) least = step;
  }
  const double bound = fall > 0 ? fall : 1;
  const double step = rise > 0 ? std::min(bound, rise) : bound;
  Vector next = weights;
  for (std::size_t i = 0; i < next.size(); ++i) next[i] += step * direction[i];
  return onto_simplex(std::move(next));
}

}  // namespace

Coefficients published_nearest_point(const Gram& gram) {
  if (gram.tasks() == 1) return {1};
  Vector weights = best_pair(gram);
  if (gram.tasks() == 2) return weights;
  for (int step = 0; step < kSteps; ++step) {
    const Vector next = at_the_edge(gram, weights);
    const auto along = products(gram, weights);
    const auto pair =
        shortest_of_two(dot(weights, along), dot(next, along), dot(next, products(gram, next)));
    double moved = 0;
    Vector best(weights.size());
    for (std::size_t i = 0; i < best.size(); ++i) {
      best[i] = pair.weight * weights[i] + (1 - pair.weight) * next[i];
      moved += std::fabs(best[i] - weights[i]);
    }
    if (moved < kStop) break;
    weights = std::move(best);
  }
  return weights;
}

}  // namespace timetrial::multitask::detail
