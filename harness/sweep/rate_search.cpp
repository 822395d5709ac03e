#include "harness/sweep/rate_search.h"

#include "harness/trial/error.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace timetrial::sweep {
namespace {

constexpr double kStride = 2;

double tidy(double rate) { return std::stod(fmt::format("{:.4g}", rate)); }

}  // namespace

const char* to_string(RateAnswer answer) {
  switch (answer) {
    case RateAnswer::bracketed:
      return "bracketed";
    case RateAnswer::all_stable:
      return "all_stable";
    case RateAnswer::all_unstable:
      return "all_unstable";
  }
  return "bracketed";
}

RateSearch::RateSearch(const RateRange& range) : range_(range) {
  if (!(range.low > 0) || !(range.high > range.low) || !std::isfinite(range.high)) {
    throw InputError(
        fmt::format("--low {:g} --high {:g}: expected 0 < low < high", range.low, range.high));
  }
  if (!(range.resolution >= kFinestResolution)) {
    throw InputError(fmt::format("--resolution {:g}: expected a factor of at least {:g}",
                                 range.resolution, kFinestResolution));
  }
}

void RateSearch::add(double rate, bool stable) {
  const std::pair entry(rate, stable);
  tried_.insert(std::upper_bound(tried_.begin(), tried_.end(), entry), entry);
}

std::optional<double> RateSearch::lowest_unstable() const {
  for (const auto& [rate, stable] : tried_) {
    if (!stable) return rate;
  }
  return {};
}

std::optional<double> RateSearch::highest_stable_below(double rate) const {
  std::optional<double> highest;
  for (const auto& [tried, stable] : tried_) {
    if (stable && tried < rate) highest = tried;
  }
  return highest;
}

bool RateSearch::was_tried(double rate) const {
  return std::any_of(tried_.begin(), tried_.end(),
                     [&](const auto& entry) { return entry.first == rate; });
}

std::optional<double> RateSearch::next() const {
  if (tried_.empty()) return tidy(std::sqrt(range_.low) * std::sqrt(range_.high));
  const auto unstable = lowest_unstable();
  if (!unstable) {
    const double last = tried_.back().first;
    if (last >= range_.high) return {};
    return std::min(range_.high, tidy(last * kStride));
  }
  const auto stable = highest_stable_below(*unstable);
  if (stable) return next_within(*stable, *unstable);
  if (*unstable <= range_.low) return {};
  return std::max(range_.low, tidy(*unstable / kStride));
}

std::optional<double> RateSearch::next_within(double stable, double unstable) const {
  if (unstable / stable > range_.resolution) {
    const double middle = tidy(std::sqrt(stable) * std::sqrt(unstable));
    if (!was_tried(middle)) return middle;
  }
  const double above = std::min(range_.high, tidy(unstable * kStride));
  if (tried_.back().first < above) return above;
  const double below = std::max(range_.low, tidy(stable / kStride));
  if (tried_.front().first > below) return below;
  return {};
}

StableRate RateSearch::answer() const {
  StableRate result;
  result.unstable = lowest_unstable();
  result.stable = highest_stable_below(result.unstable.value_or(INFINITY));
  if (!result.unstable) {
    result.answer = RateAnswer::all_stable;
  } else if (!result.stable) {
    result.answer = RateAnswer::all_unstable;
  }
  for (const auto& [rate, stable] : tried_) {
    if (stable && result.unstable && rate > *result.unstable) result.stable_above.push_back(rate);
  }
  return result;
}

}  // namespace timetrial::sweep
