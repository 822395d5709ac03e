// Rules that ask the same of all tasks: equal projections, equal components, equal shares.
#include "optim/multitask/small_matrix.h"

#include <timetrial/random.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace timetrial::multitask {
namespace {

constexpr double kFloatEpsilon = 0x1p-23;  // gradients are float32

}  // namespace

Coefficients imtl_g(const Gram& gram) {
  constexpr double kRidge = 1e-12;  // chooses among equal solutions, as where two gradients agree
  const std::size_t all = gram.tasks();
  if (!detail::finite(gram)) return detail::ones(all);
  const auto places = detail::with_gradient(gram);
  if (places.empty()) return Coefficients(all, 1 / static_cast<double>(all));
  const Gram some = detail::part(gram, places);
  const std::size_t n = places.size();
  const auto lengths = norms(some);
  // With b_i = a_i |g_i| and the cosines C: C b = c 1 for some c, and sum b_i / |g_i| = 1. The last
  // row is scaled to be no larger than the others.
  const double shortest = *std::min_element(lengths.begin(), lengths.end());
  const auto cosines = detail::cosines(some, kRidge);
  detail::Matrix bordered(n + 1);
  detail::Vector right(n + 1, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) bordered(i, j) = cosines(i, j);
    bordered(i, n) = -1;
    bordered(n, i) = shortest / lengths[i];
  }
  right[n] = shortest;
  auto a = detail::solve(std::move(bordered), std::move(right));
  if (a.empty()) {
    return detail::spread(Coefficients(n, 1 / static_cast<double>(n)), places, all);
  }
  a.pop_back();
  for (std::size_t i = 0; i < n; ++i) a[i] /= lengths[i];
  return detail::finite(a) ? detail::spread(a, places, all) : detail::ones(all);
}

Coefficients aligned(const Gram& gram) {
  const std::size_t tasks = gram.tasks();
  if (!detail::finite(gram)) return detail::ones(tasks);
  detail::Matrix symmetric(tasks);
  symmetric.entries = gram.entries();
  const auto [values, vectors] = detail::eigen(std::move(symmetric));
  if (!(values.front() > 0)) return detail::ones(tasks);
  const double least = static_cast<double>(tasks) * kFloatEpsilon * values.front();
  std::size_t rank = 0;
  while (rank < tasks && values[rank] > least) ++rank;
  Coefficients a(tasks, 0.0);
  for (std::size_t k = 0; k < rank; ++k) {
    double sum = 0;
    for (std::size_t j = 0; j < tasks; ++j) sum += vectors(j, k);
    const double factor = std::sqrt(values[rank - 1] / values[k]) * sum;
    for (std::size_t i = 0; i < tasks; ++i) a[i] += vectors(i, k) * factor;
  }
  return a;
}

Coefficients geometric(const std::vector<double>& losses) {
  const auto tasks = static_cast<double>(losses.size());
  double log_mean = 0;
  for (const double loss : losses) {
    if (!(loss > 0) || !std::isfinite(loss)) return detail::ones(losses.size());
    log_mean += std::log(loss) / tasks;
  }
  Coefficients a;
  for (const double loss : losses) a.push_back(std::exp(log_mean) / (tasks * loss));
  return a;
}

Coefficients random_weights(std::size_t tasks, std::uint64_t seed) {
  Random random(seed);
  Coefficients weights(tasks);
  double sum = 0;
  for (double& weight : weights) {
    const double radius = std::sqrt(-2 * std::log(1 - random.uniform()));
    weight = std::exp(radius * std::cos(2 * std::numbers::pi * random.uniform()));
    sum += weight;
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

}  // namespace timetrial::multitask
