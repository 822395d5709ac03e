// What a method may ask of one batch beside its gradients at all parameters: losses, weights, and
// what goes through one matrix or the representation.
#include "optim/multitask/last_shared.h"

#include <timetrial/task_wrapper.h>

#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace timetrial::multitask {

TaskStep::TaskStep(Training& training, const Loss& loss, const ModelOutput& output,
                   ModelFacts& facts, std::uint64_t seed, bool first_call, std::int64_t slices)
    : training_(training),
      loss_(loss),
      output_(output),
      facts_(facts),
      seed_(seed),
      first_call_(first_call),
      slices_(slices) {
  for (std::size_t task = 0; task < loss.per_task.size(); ++task) {
    if (loss.per_task[task].defined()) present_.push_back(task);
  }
  facts.reached.resize(training.parameters().size() * loss.per_task.size(), 0);
}

bool TaskStep::is_shared(std::size_t parameter) const {
  const std::size_t tasks = loss_.per_task.size();
  int count = 0;
  for (std::size_t task = 0; task < tasks; ++task) {
    count += facts_.reached[parameter * tasks + task];
  }
  return count > 1;
}

bool TaskStep::any_reached(std::size_t task) const {
  const std::size_t tasks = loss_.per_task.size();
  for (std::size_t place = task; place < facts_.reached.size(); place += tasks) {
    if (facts_.reached[place] != 0) return true;
  }
  return false;
}

void TaskStep::note_reached(std::size_t parameter, std::size_t task) {
  facts_.reached[parameter * loss_.per_task.size() + task] = 1;
}

const std::vector<double>& TaskStep::losses() {
  if (!losses_.empty()) return losses_;
  std::vector<at::Tensor> scalars;
  for (const auto task : present_) scalars.push_back(loss_.per_task[task].detach());
  const at::Tensor values = at::stack(scalars).to(at::kDouble).cpu();
  const double* begin = values.const_data_ptr<double>();
  losses_.assign(begin, begin + values.numel());
  return losses_;
}

std::vector<at::Tensor> TaskStep::tensors(const std::vector<std::size_t>& places) const {
  std::vector<at::Tensor> result;
  for (const auto place : places) result.push_back(training_.parameters().at(place).tensor);
  return result;
}

at::Tensor TaskStep::weighted_sum(const Coefficients& weights) const {
  at::Tensor sum;
  for (std::size_t i = 0; i < present_.size(); ++i) {
    const at::Tensor part = loss_.per_task[present_[i]].mul(weights.at(i));
    sum = sum.defined() ? sum.add(part) : part;
  }
  return sum;
}

at::Tensor TaskStep::weighted(const Coefficients& weights) {
  record_weights(weights);
  return weighted_sum(weights);
}

void TaskStep::record_weights(const Coefficients& weights) {
  for (std::size_t i = 0; i < present_.size(); ++i) {
    training_.record("task_weight_" + std::to_string(present_[i]), weights.at(i));
  }
}

std::vector<double> TaskStep::last_shared_norms() {
  if (!facts_.last_shared) {
    find_shared();
    const auto& parameters = training_.parameters();
    std::vector<std::size_t> shared;
    for (std::size_t p = 0; p < parameters.size(); ++p) {
      if (is_shared(p)) shared.push_back(p);
    }
    if (shared.empty()) return std::vector<double>(present_.size(), 0.0);
    facts_.last_shared = detail::last_of(loss_.per_task, training_.parameters(), shared);
  }
  std::vector<double> norms;
  for (const auto task : present_) {
    const auto gradient = training_.gradients_of(
        loss_.per_task[task], tensors({*facts_.last_shared}), /*keep_graph=*/true);
    norms.push_back(gradient[0].defined() ? gradient[0].norm().item<double>() : 0);
  }
  return norms;
}

std::vector<at::Tensor> TaskStep::representation_gradients() {
  const at::Tensor& z = output_.representation;
  if (!z.defined()) {
    throw std::invalid_argument(
        "this method needs the representation that tasks share, and the workload has none");
  }
  const auto& parameters = training_.parameters();
  std::vector<std::size_t> beside;
  if (facts_.trunk.empty()) facts_.trunk = detail::places_below(z, parameters);
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    if (!std::binary_search(facts_.trunk.begin(), facts_.trunk.end(), p)) beside.push_back(p);
  }
  auto inputs = tensors(beside);
  inputs.push_back(z);
  head_gradients_.assign(parameters.size(), {});
  std::vector<at::Tensor> rows;
  for (const auto task : present_) {
    auto row = training_.gradients_of(loss_.per_task[task], inputs, /*keep_graph=*/true);
    for (std::size_t i = 0; i < beside.size(); ++i) {
      at::Tensor& sum = head_gradients_[beside[i]];
      if (row[i].defined()) sum = sum.defined() ? sum.add(row[i]) : row[i];
    }
    rows.push_back(row.back().defined() ? row.back() : at::zeros_like(z));
  }
  return rows;
}

at::Tensor TaskStep::through_representation(const at::Tensor& gradient) {
  const at::Tensor scalar = output_.representation.mul(gradient.detach()).sum();
  auto part = training_.gradients_of(scalar, tensors(facts_.trunk), /*keep_graph=*/true);
  auto gradients = head_gradients_;
  for (std::size_t i = 0; i < facts_.trunk.size(); ++i) {
    gradients[facts_.trunk[i]] = std::move(part[i]);
  }
  return with_gradients(std::move(gradients));
}

}  // namespace timetrial::multitask
