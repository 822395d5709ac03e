#include "scoring/sensitivity.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace timetrial::scoring {
namespace {

void require_usable(const std::vector<RateLoss>& losses, double initial_loss) {
  if (losses.empty()) throw std::invalid_argument("sensitivity: no learning rates");
  if (!std::isfinite(initial_loss)) {
    throw std::invalid_argument("sensitivity: the initial loss is not finite");
  }
  double before = 0;
  for (const auto& point : losses) {
    if (!(point.rate > before && std::isfinite(point.rate))) {
      throw std::invalid_argument("sensitivity: learning rates must be positive and rising");
    }
    before = point.rate;
  }
}

}  // namespace

Sensitivity sensitivity(const std::vector<RateLoss>& losses, double initial_loss) {
  require_usable(losses, initial_loss);
  Sensitivity result;
  result.rates = losses.size();
  result.best_loss = std::numeric_limits<double>::infinity();
  double sum = 0;
  for (const auto& [rate, loss] : losses) {
    const bool counts = std::isfinite(loss) && loss < initial_loss;
    const double bounded = counts ? loss : initial_loss;
    if (!counts) ++result.at_initial;
    sum += bounded;
    if (bounded < result.best_loss) {
      result.best_loss = bounded;
      result.best_rate = rate;
    }
  }
  result.value = std::max(0.0, sum / static_cast<double>(losses.size()) - result.best_loss);
  result.never_learned = result.at_initial == losses.size();
  result.best_at_edge = losses.size() > 1 && (result.best_rate == losses.front().rate ||
                                              result.best_rate == losses.back().rate);
  return result;
}

std::vector<RateLoss> within(const std::vector<RateLoss>& losses, double low, double high) {
  constexpr double kSlack = 1e-6;
  std::vector<RateLoss> inside;
  for (const auto& point : losses) {
    if (point.rate >= low * (1 - kSlack) && point.rate <= high * (1 + kSlack)) {
      inside.push_back(point);
    }
  }
  return inside;
}

std::vector<RateLoss> around_best(const std::vector<RateLoss>& losses, std::size_t count) {
  if (count >= losses.size()) return losses;
  std::size_t best = losses.size();
  for (std::size_t i = 0; i < losses.size(); ++i) {
    if (!std::isfinite(losses[i].loss)) continue;
    if (best == losses.size() || losses[i].loss < losses[best].loss) best = i;
  }
  const std::size_t below = std::min(best, count / 2);
  const std::size_t first = std::min(best - below, losses.size() - count);
  const auto begin = losses.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

std::vector<std::string> blind_spots(const Sensitivity& all) {
  std::vector<std::string> found;
  if (all.never_learned) {
    found.push_back("no rate ended below the initial loss: S = 0 says nothing here");
    return found;
  }
  if (all.best_at_edge) {
    found.push_back(
        fmt::format("the lowest loss is at the end of the grid ({:g}): the optimum may lie beyond",
                    all.best_rate));
  }
  return found;
}

}  // namespace timetrial::scoring
