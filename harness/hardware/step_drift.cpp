#include "harness/hardware/step_drift.h"

#include <algorithm>
#include <cstddef>

namespace timetrial::hardware {
namespace {

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace

std::optional<double> step_drift(const std::vector<Stretch>& stretches) {
  std::vector<double> step_s;
  for (std::size_t i = 1; i < stretches.size(); ++i) {
    const auto& stretch = stretches[i];
    if (stretch.steps > 0) step_s.push_back(stretch.time_s / static_cast<double>(stretch.steps));
  }
  constexpr std::size_t kLeast = 3;
  const auto third = static_cast<std::ptrdiff_t>(step_s.size() / 3);
  if (step_s.size() / 3 < kLeast) return std::nullopt;
  const double first = median({step_s.begin(), step_s.begin() + third});
  const double last = median({step_s.end() - third, step_s.end()});
  if (first <= 0) return std::nullopt;
  return last / first - 1;
}

}  // namespace timetrial::hardware
