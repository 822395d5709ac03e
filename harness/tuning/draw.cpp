// Which points the trials of a study get.
#include "harness/tuning/halton.h"
#include "harness/tuning/search_space.h"

#include "harness/trial/error.h"

#include <fmt/core.h>
#include <timetrial/random.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace timetrial::tuning {
namespace {

double value_at(double coordinate, const Range& range) {
  const double value = range.log
                           ? range.min * std::exp(coordinate * std::log(range.max / range.min))
                           : range.min + coordinate * (range.max - range.min);
  return std::clamp(value, range.min, range.max);  // rounding may step over an end
}

double value_at(double coordinate, const Choices& choices) {
  const auto count = choices.values.size();
  const auto index = static_cast<std::size_t>(coordinate * static_cast<double>(count));
  return choices.values[std::min(index, count - 1)];
}

std::vector<Point> draw_quasi_random(const SearchSpace& space, std::uint64_t seed, int trials) {
  const Halton halton(space.dimensions.size(), seed);
  std::vector<Point> points;
  for (int trial = 0; trial < trials; ++trial) {
    const auto coordinates = halton.at(static_cast<std::uint64_t>(trial));
    auto coordinate = coordinates.begin();
    Point point;
    for (const auto& [name, dimension] : space.dimensions) {
      point[name] =
          std::visit([u = *coordinate](const auto& d) { return value_at(u, d); }, dimension);
      ++coordinate;
    }
    points.push_back(std::move(point));
  }
  return points;
}

std::vector<Point> draw_listed(const SearchSpace& space, std::uint64_t seed, int trials) {
  if (static_cast<std::size_t>(trials) > space.points.size()) {
    throw InputError(fmt::format(
        "the search space lists {} points, fewer than {} trials; ask for fewer trials or list more",
        space.points.size(), trials));
  }
  std::vector<std::size_t> order(space.points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  Random random(seed);
  for (std::size_t i = order.size() - 1; i > 0; --i)
    std::swap(order[i], order[random.below(i + 1)]);
  std::vector<Point> points;
  for (int trial = 0; trial < trials; ++trial) {
    points.push_back(space.points[order[static_cast<std::size_t>(trial)]]);
  }
  return points;
}

}  // namespace

std::vector<Point> draw(const SearchSpace& space, const std::string& submission, int study,
                        int trials) {
  if (study < 0 || trials < 0) {
    throw InputError(fmt::format("study {} and trials {} must not be negative", study, trials));
  }
  const auto seed = derive_seed(hash_text(submission), "tuning", static_cast<std::uint64_t>(study));
  return space.is_list() ? draw_listed(space, seed, trials)
                         : draw_quasi_random(space, seed, trials);
}

}  // namespace timetrial::tuning
