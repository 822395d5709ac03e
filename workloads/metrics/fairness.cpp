#include "workloads/metrics/fairness.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <map>
#include <numeric>
#include <stdexcept>

namespace timetrial::metrics {
namespace {

/// right[k]: decisions that are right when the k highest scores of the group are positive.
std::vector<std::int64_t> right_by_positives(std::span<const double> scores,
                                             std::span<const std::uint8_t> positive,
                                             const std::vector<std::size_t>& members) {
  auto order = members;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  std::int64_t right =
      std::count_if(order.begin(), order.end(), [&](std::size_t i) { return positive[i] == 0; });
  std::vector<std::int64_t> result{right};
  for (const auto i : order) result.push_back(right += positive[i] != 0 ? 1 : -1);
  return result;
}

/// The largest first[a] + second[b] with |a / n - b / m| <= gap: a window over b that moves up with
/// a, of which a queue of falling values keeps the largest.
std::int64_t best_within(const std::vector<std::int64_t>& first,
                         const std::vector<std::int64_t>& second, double gap) {
  const auto n = static_cast<double>(first.size() - 1), m = static_cast<double>(second.size() - 1);
  const double slack = 1e-12;  // of rounding in the rates
  std::deque<std::size_t> window;
  std::size_t next = 0;
  std::int64_t best = std::numeric_limits<std::int64_t>::min();
  for (std::size_t a = 0; a < first.size(); ++a) {
    const double rate = static_cast<double>(a) / n;
    for (; next < second.size() && static_cast<double>(next) / m <= rate + gap + slack; ++next) {
      while (!window.empty() && second[window.back()] <= second[next]) window.pop_back();
      window.push_back(next);
    }
    while (!window.empty() && static_cast<double>(window.front()) / m < rate - gap - slack) {
      window.pop_front();
    }
    if (!window.empty()) best = std::max(best, first[a] + second[window.front()]);
  }
  return best;  // a = b = 0 is always within
}

}  // namespace

std::vector<GroupAccuracy> accuracy_by_group(std::span<const std::uint8_t> right,
                                             std::span<const std::int64_t> groups) {
  if (right.size() != groups.size()) {
    throw std::invalid_argument("accuracy by group: lengths differ");
  }
  std::map<std::int64_t, GroupAccuracy> found;
  for (std::size_t i = 0; i < right.size(); ++i) {
    auto& group = found[groups[i]];
    group.group = groups[i];
    ++group.examples;
    group.accuracy += right[i] != 0 ? 1 : 0;
  }
  std::vector<GroupAccuracy> result;
  for (auto& [id, group] : found) {
    group.accuracy /= static_cast<double>(group.examples);
    result.push_back(group);
  }
  return result;
}

std::vector<ParityPoint> parity_tradeoff(std::span<const double> scores,
                                         std::span<const std::uint8_t> positive,
                                         std::span<const std::uint8_t> second_group,
                                         std::span<const double> allowed_gaps) {
  if (scores.size() != positive.size() || scores.size() != second_group.size()) {
    throw std::invalid_argument("parity trade-off: lengths differ");
  }
  std::vector<std::size_t> members[2];
  for (std::size_t i = 0; i < scores.size(); ++i) {
    members[second_group[i] != 0 ? 1 : 0].push_back(i);
  }
  if (members[0].empty() || members[1].empty()) {
    throw std::invalid_argument("parity trade-off: a group has no example");
  }
  const auto first = right_by_positives(scores, positive, members[0]),
             second = right_by_positives(scores, positive, members[1]);
  std::vector<ParityPoint> result;
  for (const double gap : allowed_gaps) {
    result.push_back({gap, static_cast<double>(best_within(first, second, gap)) /
                               static_cast<double>(scores.size())});
  }
  return result;
}

}  // namespace timetrial::metrics
