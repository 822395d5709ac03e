#include "scoring/tradeoff.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <stdexcept>

namespace timetrial::scoring {
namespace {

bool is_finite(const Losses& losses) {
  return std::all_of(losses.begin(), losses.end(), [](double x) { return std::isfinite(x); });
}

void require_tasks(const Losses& losses, std::size_t tasks) {
  if (losses.size() == tasks) return;
  throw std::invalid_argument(
      fmt::format("losses of {} tasks beside losses of {}", losses.size(), tasks));
}

/// Of points that are all better than the reference, in the first `tasks` tasks.
double volume(std::vector<Losses> points, const Losses& reference, std::size_t tasks) {
  if (points.empty()) return 0;
  if (tasks == 1) {
    double best = reference[0];
    for (const auto& point : points) best = std::min(best, point[0]);
    return reference[0] - best;
  }
  // Slices along the last task: between two of its values, what those before them dominate.
  const std::size_t last = tasks - 1;
  std::sort(points.begin(), points.end(),
            [last](const Losses& a, const Losses& b) { return a[last] < b[last]; });
  double sum = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double end = i + 1 < points.size() ? points[i + 1][last] : reference[last];
    const double depth = end - points[i][last];
    if (depth <= 0) continue;
    sum += depth * volume({points.begin(), points.begin() + static_cast<std::ptrdiff_t>(i) + 1},
                          reference, last);
  }
  return sum;
}

std::vector<Losses> without_seed(const std::vector<Losses>& seeds, std::size_t left_out) {
  std::vector<Losses> rest = seeds;
  rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(left_out));
  return rest;
}

/// Of the mean of each task's loss.
Losses standard_errors(const std::vector<Losses>& seeds, const Losses& mean) {
  const auto n = static_cast<double>(seeds.size());
  Losses errors(mean.size(), std::numeric_limits<double>::infinity());
  if (seeds.size() < 2) return errors;
  for (std::size_t task = 0; task < mean.size(); ++task) {
    double squares = 0;
    for (const auto& seed : seeds) squares += std::pow(seed[task] - mean[task], 2);
    errors[task] = std::sqrt(squares / (n - 1) / n);
  }
  return errors;
}

double weighted(const Losses& losses, const Losses& weights) {
  require_tasks(weights, losses.size());
  double sum = 0;
  for (std::size_t task = 0; task < losses.size(); ++task) sum += weights[task] * losses[task];
  return sum;
}

enum class Split { validation, test };

/// The front's means, over all seeds or over all but one.
std::vector<Losses> front_means(const std::vector<Configuration>& sweep,
                                const std::vector<FrontPoint>& front, Split split,
                                std::optional<std::size_t> left_out) {
  std::vector<Losses> means;
  for (const auto& point : front) {
    const auto& configuration = sweep.at(point.configuration);
    const auto& seeds = split == Split::test ? configuration.test : configuration.validation;
    const auto mean = mean_over_seeds(left_out ? without_seed(seeds, *left_out) : seeds);
    if (mean) means.push_back(*mean);
  }
  return front_of(means);
}

/// The standard error of a method's excess: seeds are left out one by one, everywhere.
double jackknife(const Configuration& method, const std::vector<Configuration>& sweep,
                 const std::vector<FrontPoint>& front, int between) {
  const std::size_t seeds = method.test.size();
  if (seeds < 2) return std::numeric_limits<double>::infinity();
  std::vector<double> values;
  for (std::size_t seed = 0; seed < seeds; ++seed) {
    const auto mean = mean_over_seeds(without_seed(method.test, seed));
    values.push_back(
        excess(*mean, interpolated(front_means(sweep, front, Split::test, seed), between)));
  }
  double mean = 0, squares = 0;
  for (const double value : values) mean += value / static_cast<double>(seeds);
  for (const double value : values) squares += std::pow(value - mean, 2);
  return std::sqrt(squares * static_cast<double>(seeds - 1) / static_cast<double>(seeds));
}

}  // namespace

bool dominates(const Losses& a, const Losses& b) {
  require_tasks(a, b.size());
  bool better = false;
  for (std::size_t task = 0; task < a.size(); ++task) {
    if (!(a[task] <= b[task])) return false;
    better |= a[task] < b[task];
  }
  return better;
}

std::vector<std::size_t> non_dominated(const std::vector<Losses>& points) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!is_finite(points[i])) continue;
    bool beaten = false;
    for (std::size_t j = 0; j < points.size() && !beaten; ++j) {
      if (j == i || !is_finite(points[j])) continue;
      beaten = dominates(points[j], points[i]) || (j < i && points[j] == points[i]);
    }
    if (!beaten) places.push_back(i);
  }
  return places;
}

std::vector<Losses> front_of(const std::vector<Losses>& points) {
  std::vector<Losses> front;
  for (const auto place : non_dominated(points)) front.push_back(points[place]);
  std::sort(front.begin(), front.end());
  return front;
}

std::vector<Losses> interpolated(const std::vector<Losses>& front, int between) {
  if (front.empty() || front.front().size() != 2) return front;
  std::vector<Losses> dense;
  for (std::size_t i = 0; i + 1 < front.size(); ++i) {
    const auto &from = front[i], &to = front[i + 1];
    for (int step = 0; step <= between; ++step) {
      const double share = double(step) / double(between + 1);
      dense.push_back({from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])});
    }
  }
  dense.push_back(front.back());
  return dense;
}

double excess(const Losses& outcome, const std::vector<Losses>& front) {
  if (front.empty()) throw std::invalid_argument("a front of no points");
  if (!is_finite(outcome)) return -std::numeric_limits<double>::infinity();
  double least = std::numeric_limits<double>::infinity();
  for (const auto& point : front) {
    require_tasks(point, outcome.size());
    double most = -std::numeric_limits<double>::infinity();
    for (std::size_t task = 0; task < outcome.size(); ++task) {
      if (!(outcome[task] > 0) || !(point[task] > 0)) {
        throw std::invalid_argument("excess is for positive losses");
      }
      most = std::max(most, std::log(point[task] / outcome[task]));
    }
    least = std::min(least, most);
  }
  return least;
}

bool is_bracketed(const Losses& outcome, const std::vector<Losses>& front) {
  for (std::size_t task = 0; task < outcome.size(); ++task) {
    const bool passed = std::any_of(front.begin(), front.end(), [&](const Losses& point) {
      return point[task] <= outcome[task];
    });
    if (!passed) return false;
  }
  return true;
}

double hypervolume(const std::vector<Losses>& points, const Losses& reference) {
  std::vector<Losses> inside;
  for (const auto& point : points) {
    require_tasks(point, reference.size());
    bool better = is_finite(point);
    for (std::size_t task = 0; task < point.size(); ++task) better &= point[task] < reference[task];
    if (better) inside.push_back(point);
  }
  return volume(front_of(inside), reference, reference.size());
}

std::optional<Losses> mean_over_seeds(const std::vector<Losses>& seeds) {
  if (seeds.empty()) return std::nullopt;
  Losses mean(seeds.front().size(), 0);
  for (const auto& losses : seeds) {
    if (losses.size() != mean.size() || !is_finite(losses)) return std::nullopt;
    for (std::size_t task = 0; task < mean.size(); ++task) {
      mean[task] += losses[task] / static_cast<double>(seeds.size());
    }
  }
  return mean;
}

std::vector<FrontPoint> choose_front(const std::vector<Configuration>& configurations,
                                     const std::vector<Losses>& weights) {
  std::map<std::string, FrontPoint> best;
  std::map<std::string, double> loss_of;
  std::vector<std::string> order;
  for (std::size_t i = 0; i < configurations.size(); ++i) {
    const auto& configuration = configurations[i];
    const auto validation = mean_over_seeds(configuration.validation);
    const auto test = mean_over_seeds(configuration.test);
    if (!validation || !test) continue;
    const double loss = weighted(*validation, weights.at(i));
    const auto known = loss_of.find(configuration.label);
    if (known == loss_of.end()) order.push_back(configuration.label);
    if (known != loss_of.end() && known->second <= loss) continue;
    loss_of[configuration.label] = loss;
    best[configuration.label] = {configuration.label,
                                 configuration.detail,
                                 weights[i],
                                 *validation,
                                 *test,
                                 standard_errors(configuration.test, *test),
                                 i};
  }
  std::vector<FrontPoint> front;
  for (const auto& label : order) front.push_back(std::move(best.at(label)));
  return front;
}

std::vector<MethodComparison> compare_with_front(const std::vector<Configuration>& methods,
                                                 const std::vector<Configuration>& sweep,
                                                 const std::vector<FrontPoint>& front,
                                                 int between) {
  const auto validation_front =
      interpolated(front_means(sweep, front, Split::validation, {}), between);
  const auto points = front_means(sweep, front, Split::test, {});
  const auto test_front = interpolated(points, between);
  struct Choice {
    double excess = 0;
    const Configuration* configuration = nullptr;
  };
  std::map<std::string, Choice> choices;
  std::vector<std::string> order;
  for (const auto& method : methods) {
    const auto validation = mean_over_seeds(method.validation);
    if (!validation || !mean_over_seeds(method.test)) continue;
    const double value = excess(*validation, validation_front);
    const auto known = choices.find(method.label);
    if (known == choices.end()) order.push_back(method.label);
    if (known == choices.end() || value > known->second.excess) {
      choices[method.label] = {value, &method};
    }
  }
  std::vector<MethodComparison> comparisons;
  for (const auto& label : order) {
    const Configuration& chosen = *choices.at(label).configuration;
    MethodComparison comparison;
    comparison.label = label;
    comparison.detail = chosen.detail;
    comparison.validation = *mean_over_seeds(chosen.validation);
    comparison.test = *mean_over_seeds(chosen.test);
    comparison.test_error = standard_errors(chosen.test, comparison.test);
    comparison.excess = {excess(comparison.test, test_front),
                         jackknife(chosen, sweep, front, between)};
    comparison.bracketed = is_bracketed(comparison.test, points);
    comparisons.push_back(std::move(comparison));
  }
  return comparisons;
}

}  // namespace timetrial::scoring
