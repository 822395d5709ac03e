#include <timetrial/task_weights.h>

#include "optim/multitask/small_matrix.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <stdexcept>

namespace timetrial::multitask {
namespace {

constexpr double kLeastLoss = 1e-8;  // FAMO's guard of its logarithm

/// Softmax of the tasks present.
std::vector<double> softmax(const std::vector<double>& logits, const Present& present) {
  double largest = -INFINITY, sum = 0;
  for (const auto task : present) largest = std::max(largest, logits.at(task));
  std::vector<double> result;
  for (const auto task : present) result.push_back(std::exp(logits[task] - largest));
  for (const double one : result) sum += one;
  for (double& one : result) one /= sum;
  return result;
}

std::vector<double> times_tasks(std::vector<double> shares) {
  for (double& share : shares) share *= static_cast<double>(shares.size());
  return shares;
}

void require_length(const std::vector<double>& state, std::size_t length) {
  if (state.size() != length) {
    throw std::invalid_argument("task weights were saved for another number of tasks");
  }
}

/// Takes the next numbers of a state.
void take(const std::vector<double>& state, std::size_t& place, std::vector<double>& numbers) {
  const auto begin = state.begin() + static_cast<std::ptrdiff_t>(place);
  std::copy(begin, begin + static_cast<std::ptrdiff_t>(numbers.size()), numbers.begin());
  place += numbers.size();
}

void append(std::vector<double>& state, const std::vector<double>& numbers) {
  state.insert(state.end(), numbers.begin(), numbers.end());
}

bool is_loss(double value) { return std::isfinite(value) && value > 0; }

}  // namespace

ScalarAdam::ScalarAdam(std::vector<double> first, double rate, double decay)
    : rate_(rate),
      decay_(decay),
      numbers_(std::move(first)),
      first_(numbers_.size(), 0.0),
      second_(numbers_.size(), 0.0),
      counts_(numbers_.size(), 0.0) {}

void ScalarAdam::step(std::size_t place, double gradient) {
  constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;
  if (!std::isfinite(gradient)) return;
  gradient += decay_ * numbers_.at(place);
  const double count = counts_[place] += 1;
  first_[place] = kBeta1 * first_[place] + (1 - kBeta1) * gradient;
  second_[place] = kBeta2 * second_[place] + (1 - kBeta2) * gradient * gradient;
  const double mean = first_[place] / (1 - std::pow(kBeta1, count));
  const double square = second_[place] / (1 - std::pow(kBeta2, count));
  numbers_[place] -= rate_ * mean / (std::sqrt(square) + kEpsilon);
}

std::vector<double> ScalarAdam::state() const {
  std::vector<double> state;
  for (const auto* part : {&numbers_, &first_, &second_, &counts_}) append(state, *part);
  return state;
}

void ScalarAdam::restore(const std::vector<double>& state) {
  require_length(state, 4 * numbers_.size());
  std::size_t place = 0;
  for (auto* part : {&numbers_, &first_, &second_, &counts_}) take(state, place, *part);
}

Uncertainty::Uncertainty(std::size_t tasks, double rate)
    : scales_(std::vector<double>(tasks, -0.5), rate) {}

Coefficients Uncertainty::weights(const Present& present) const {
  Coefficients result;
  for (const auto task : present) result.push_back(0.5 * std::exp(-scales_.numbers().at(task)));
  return result;
}

void Uncertainty::learn(const Present& present, const std::vector<double>& losses) {
  const auto now = weights(present);
  for (std::size_t i = 0; i < present.size(); ++i) {
    scales_.step(present[i], 0.5 - losses.at(i) * now[i]);
  }
}

ImpartialLosses::ImpartialLosses(std::size_t tasks, double rate)
    : scales_(std::vector<double>(tasks, 0.0), rate) {}

Coefficients ImpartialLosses::weights(const Present& present) const {
  Coefficients result;
  for (const auto task : present) result.push_back(std::exp(scales_.numbers().at(task)));
  return result;
}

void ImpartialLosses::learn(const Present& present, const std::vector<double>& losses) {
  const auto now = weights(present);
  for (std::size_t i = 0; i < present.size(); ++i) {
    scales_.step(present[i], losses.at(i) * now[i] - 1);
  }
}

DynamicAverage::DynamicAverage(std::size_t tasks, double temperature, std::int64_t period)
    : temperature_(temperature),
      period_(period),
      sums_(tasks, 0.0),
      counts_(tasks, 0.0),
      last_(tasks, 0.0),
      before_(tasks, 0.0) {}

Coefficients DynamicAverage::weights(const Present& present) const {
  std::vector<double> logits(last_.size(), 0.0);
  for (const auto task : present) {
    if (!is_loss(last_.at(task)) || !is_loss(before_[task])) return detail::ones(present.size());
    logits[task] = last_[task] / before_[task] / temperature_;
  }
  return times_tasks(softmax(logits, present));
}

void DynamicAverage::learn(const Present& present, const std::vector<double>& losses) {
  for (std::size_t i = 0; i < present.size(); ++i) {
    if (!std::isfinite(losses.at(i))) continue;
    sums_.at(present[i]) += losses[i];
    counts_[present[i]] += 1;
  }
  if (++steps_ % period_ == 0) end_period();
}

void DynamicAverage::end_period() {
  for (std::size_t task = 0; task < sums_.size(); ++task) {
    if (counts_[task] > 0) {
      before_[task] = last_[task];
      last_[task] = sums_[task] / counts_[task];
    }
    sums_[task] = counts_[task] = 0;
  }
}

std::vector<double> DynamicAverage::state() const {
  std::vector<double> state{static_cast<double>(steps_)};
  for (const auto* part : {&sums_, &counts_, &last_, &before_}) append(state, *part);
  return state;
}

void DynamicAverage::restore(const std::vector<double>& state) {
  require_length(state, 1 + 4 * sums_.size());
  steps_ = static_cast<std::int64_t>(state.front());
  std::size_t place = 1;
  for (auto* part : {&sums_, &counts_, &last_, &before_}) take(state, place, *part);
}

GradNorm::GradNorm(std::size_t tasks, double alpha, double rate)
    : alpha_(alpha), logits_(std::vector<double>(tasks, 1.0), rate), first_losses_(tasks, 0.0) {}

Coefficients GradNorm::weights(const Present& present) const {
  return times_tasks(softmax(logits_.numbers(), present));
}

void GradNorm::learn(const Present& present, const std::vector<double>& losses,
                     const std::vector<double>& norms) {
  const auto tasks = static_cast<double>(present.size());
  std::vector<double> relative;
  double mean_relative = 0, mean_norm = 0;
  const auto now = weights(present);
  for (std::size_t i = 0; i < present.size(); ++i) {
    if (!is_loss(losses.at(i)) || !std::isfinite(norms.at(i))) return;
    double& first = first_losses_.at(present[i]);
    if (first == 0) first = losses[i];
    relative.push_back(losses[i] / first);
    mean_relative += relative.back() / tasks;
    mean_norm += now[i] * norms[i] / tasks;
  }
  // The slope of sum |w_i n_i - wanted_i| along w, then through the softmax.
  std::vector<double> slopes;
  double along = 0;
  for (std::size_t i = 0; i < present.size(); ++i) {
    const double off =
        now[i] * norms[i] - mean_norm * std::pow(relative[i] / mean_relative, alpha_);
    slopes.push_back(off > 0 ? norms[i] : off < 0 ? -norms[i] : 0);
    along += slopes[i] * now[i] / tasks;
  }
  for (std::size_t i = 0; i < present.size(); ++i) {
    logits_.step(present[i], now[i] * (slopes[i] - along));
  }
}

std::vector<double> GradNorm::state() const {
  auto state = logits_.state();
  append(state, first_losses_);
  return state;
}

void GradNorm::restore(const std::vector<double>& state) {
  require_length(state, 5 * first_losses_.size());
  logits_.restore({state.begin(), state.end() - std::ssize(first_losses_)});
  std::size_t place = 4 * first_losses_.size();
  take(state, place, first_losses_);
}

Famo::Famo(std::size_t tasks, double rate, double decay)
    : logits_(std::vector<double>(tasks, 0.0), rate, decay) {}

Coefficients Famo::weights(const Present& present, const std::vector<double>& losses) const {
  const auto shares = softmax(logits_.numbers(), present);
  Coefficients result;
  double sum = 0;
  for (std::size_t i = 0; i < present.size(); ++i) {
    if (!is_loss(losses.at(i))) return detail::ones(present.size());
    result.push_back(shares[i] / (losses[i] + kLeastLoss));
    sum += result.back();
  }
  for (double& one : result) one /= sum;
  return result;
}

void Famo::learn(const Present& present, const std::vector<double>& before,
                 const std::vector<double>& after) {
  const auto shares = softmax(logits_.numbers(), present);
  std::vector<double> falls;
  double mean = 0;
  for (std::size_t i = 0; i < present.size(); ++i) {
    if (!is_loss(before.at(i)) || !is_loss(after.at(i))) return;
    falls.push_back(std::log(before[i] + kLeastLoss) - std::log(after[i] + kLeastLoss));
    mean += shares[i] * falls.back();
  }
  for (std::size_t i = 0; i < present.size(); ++i) {
    logits_.step(present[i], shares[i] * (falls[i] - mean));
  }
}

}  // namespace timetrial::multitask
