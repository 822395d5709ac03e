#include <timetrial/task_sampling.h>

#include <timetrial/random.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace timetrial::multitask {
namespace {

/// Of sum 1; equal ones where the sum is 0.
std::vector<double> as_shares(std::vector<double> amounts) {
  const double sum = std::accumulate(amounts.begin(), amounts.end(), 0.0);
  for (double& one : amounts) {
    one = sum > 0 ? one / sum : 1 / static_cast<double>(amounts.size());
  }
  return amounts;
}

}  // namespace

std::vector<double> temperature_shares(const std::vector<std::int64_t>& examples,
                                       double temperature) {
  const auto largest = static_cast<double>(*std::max_element(examples.begin(), examples.end()));
  std::vector<double> amounts;
  for (const auto count : examples) {
    const double part = static_cast<double>(count) / largest;  // powers stay in range
    amounts.push_back(count > 0 ? std::pow(part, 1 / temperature) : 0);
  }
  return as_shares(std::move(amounts));
}

std::vector<double> unimax_shares(const std::vector<std::int64_t>& examples, double examples_drawn,
                                  double epochs) {
  std::vector<std::size_t> order(examples.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t i, std::size_t j) { return examples[i] < examples[j]; });
  std::vector<double> amounts(examples.size());
  double left = examples_drawn;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const double equal = left / static_cast<double>(order.size() - i);
    amounts[order[i]] = std::min(equal, epochs * static_cast<double>(examples[order[i]]));
    left -= amounts[order[i]];
  }
  return as_shares(std::move(amounts));
}

std::vector<std::int64_t> sampled_counts(const std::vector<double>& shares, std::int64_t batch_size,
                                         std::uint64_t seed) {
  const double offset = Random(seed).uniform();
  const auto size = static_cast<double>(batch_size);
  std::vector<std::int64_t> counts;
  double sum = 0;
  std::int64_t before = 0;
  for (std::size_t task = 0; task < shares.size(); ++task) {
    sum += shares[task];
    // Of the points offset, 1 + offset, … those below the sum; all of them at the last task.
    const bool last = task + 1 == shares.size();
    const auto below = last ? batch_size
                            : std::clamp(static_cast<std::int64_t>(std::ceil(sum * size - offset)),
                                         before, batch_size);
    counts.push_back(below - before);
    before = below;
  }
  return counts;
}

}  // namespace timetrial::multitask
