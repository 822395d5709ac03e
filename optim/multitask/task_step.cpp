// What a method may ask of one batch: losses, inner products, combined gradients.
#include "optim/multitask/given_gradients.h"
#include "optim/multitask/last_shared.h"
#include "optim/multitask/small_matrix.h"

#include <timetrial/task_wrapper.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>

namespace timetrial::multitask {
namespace {

/// Bytes of rows that may be held at once whatever the model's size: little beside a batch's
/// activations, and most small models' rows fit, so that one slice does.
constexpr std::int64_t kSmallRows = std::int64_t{64} << 20;
/// Elements of each row that are widened to double at once: 8 MiB of doubles per task.
constexpr std::int64_t kPiece = std::int64_t{1} << 20;

std::int64_t bytes(const std::vector<Parameter>& parameters) {
  std::int64_t sum = 0;
  for (const auto& parameter : parameters)
    sum += static_cast<std::int64_t>(parameter.tensor.nbytes());
  return sum;
}

/// Ends of consecutive slices of the parameters, whose rows are about equally large. `slices` 0: by
/// the limit above.
std::vector<std::size_t> slice_ends(const std::vector<Parameter>& parameters, std::size_t tasks,
                                    std::int64_t slices) {
  const std::int64_t model = bytes(parameters);
  const std::int64_t rows = model * static_cast<std::int64_t>(tasks);
  const std::int64_t limit = std::max(model, kSmallRows);
  const auto count = slices > 0 ? slices : std::max<std::int64_t>(1, (rows + limit - 1) / limit);
  const std::int64_t share = (model + count - 1) / count;
  std::vector<std::size_t> ends;
  std::int64_t size = 0;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto more = static_cast<std::int64_t>(parameters[i].tensor.nbytes());
    if (size > 0 && size + more > share) {
      ends.push_back(i);
      size = 0;
    }
    size += more;
  }
  ends.push_back(parameters.size());
  return ends;
}

at::Tensor no_products(std::size_t tasks, c10::Device device) {
  const auto size = static_cast<std::int64_t>(tasks);
  return at::zeros({size, size}, at::TensorOptions(at::kDouble).device(device));
}

/// Inner products of the rows, each a parameter's gradient of one task, in double: of pieces of a
/// size that the parameter alone decides, so that they have the same bits in any slices.
at::Tensor products_of(const std::vector<at::Tensor>& rows) {
  at::Tensor sum = no_products(rows.size(), rows.front().device());
  std::vector<at::Tensor> flat;
  for (const auto& row : rows) flat.push_back(row.reshape({-1}));
  for (std::int64_t begin = 0; begin < flat.front().numel(); begin += kPiece) {
    const std::int64_t length = std::min(kPiece, flat.front().numel() - begin);
    std::vector<at::Tensor> pieces;
    for (const auto& row : flat) pieces.push_back(row.narrow(0, begin, length).to(at::kDouble));
    const at::Tensor matrix = at::stack(pieces);
    sum.add_(at::mm(matrix, matrix.t()));
  }
  return sum;
}

/// One parameter's gradients, zeros where a task has none. Empty where no task has one.
std::vector<at::Tensor> column(const std::vector<std::vector<at::Tensor>>& rows, std::size_t p) {
  const auto some =
      std::find_if(rows.begin(), rows.end(), [p](const auto& row) { return row[p].defined(); });
  std::vector<at::Tensor> gradients;
  if (some == rows.end()) return gradients;
  for (const auto& row : rows) {
    gradients.push_back(row[p].defined() ? row[p] : at::zeros_like((*some)[p]));
  }
  return gradients;
}

}  // namespace

Gram inner_products(const std::vector<at::Tensor>& gradients) {
  const at::NoGradGuard no_grad;
  const at::Tensor values = products_of(gradients).cpu();
  Gram result(gradients.size());
  for (std::size_t i = 0; i < result.tasks(); ++i) {
    for (std::size_t j = 0; j < result.tasks(); ++j) {
      result(i, j) = values.const_data_ptr<double>()[i * result.tasks() + j];
    }
  }
  return result;
}

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

void TaskStep::add_products(const std::vector<std::vector<at::Tensor>>& rows, std::size_t first,
                            Gram& sum) {
  const at::NoGradGuard no_grad;
  std::vector<std::size_t> places;
  std::vector<at::Tensor> products;
  for (std::size_t p = 0; p < rows.front().size(); ++p) {
    const auto gradients = column(rows, p);
    if (gradients.empty()) continue;
    places.push_back(first + p);
    products.push_back(products_of(gradients));
  }
  if (places.empty()) return;
  const at::Tensor values = at::stack(products).cpu();
  const double* entry = values.const_data_ptr<double>();
  const std::size_t tasks = present_.size();
  for (const auto place : places) {
    for (std::size_t i = 0; i < tasks; ++i) {
      if (entry[i * tasks + i] != 0) note_reached(place, present_[i]);
    }
    for (std::size_t i = 0; i < tasks && is_shared(place); ++i) {
      for (std::size_t j = 0; j < tasks; ++j) sum(i, j) += entry[i * tasks + j];
    }
    entry += tasks * tasks;
  }
}

Gram TaskStep::gram() {
  const auto& parameters = training_.parameters();
  const auto ends = slice_ends(parameters, present_.size(), slices_);
  Gram sum(present_.size());
  std::size_t begin = 0;
  for (const auto end : ends) {
    std::vector<std::size_t> places(end - begin);
    std::iota(places.begin(), places.end(), begin);
    const auto inputs = tensors(places);
    std::vector<std::vector<at::Tensor>> rows;
    for (const auto task : present_) {
      rows.push_back(training_.gradients_of(loss_.per_task[task], inputs, /*keep_graph=*/true));
    }
    add_products(rows, begin, sum);
    if (ends.size() == 1) rows_ = std::move(rows);
    begin = end;
  }
  training_.record("task_gradient_cosine", mean_cosine(sum));
  return sum;
}

/// Of tasks whose gradients no step has looked at yet.
void TaskStep::find_shared() {
  const auto& parameters = training_.parameters();
  std::vector<std::size_t> all(parameters.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  for (const auto task : present_) {
    if (any_reached(task)) continue;
    const auto row = training_.gradients_of(loss_.per_task[task], tensors(all),
                                            /*keep_graph=*/true);
    for (const auto p : all) {
      if (row[p].defined() && row[p].ne(0).any().item<bool>()) note_reached(p, task);
    }
  }
}

at::Tensor TaskStep::combined(const Coefficients& shared, const Coefficients& heads) {
  record_weights(shared);
  const Coefficients own = heads.empty() ? detail::ones(present_.size()) : heads;
  std::vector<at::Tensor> gradients(training_.parameters().size());
  if (!rows_.empty()) {
    const at::NoGradGuard no_grad;
    for (std::size_t p = 0; p < gradients.size(); ++p) {
      const auto& factors = is_shared(p) ? shared : own;
      for (std::size_t i = 0; i < rows_.size(); ++i) {
        if (!rows_[i][p].defined()) continue;
        gradients[p] = gradients[p].defined() ? gradients[p].add_(rows_[i][p], factors.at(i))
                                              : rows_[i][p].mul(factors.at(i));
      }
    }
    return with_gradients(std::move(gradients));
  }
  find_shared();
  for (const bool of_shared : {true, false}) {
    std::vector<std::size_t> places;
    for (std::size_t p = 0; p < gradients.size(); ++p) {
      if (is_shared(p) == of_shared) places.push_back(p);
    }
    if (places.empty()) continue;
    auto part = training_.gradients_of(weighted_sum(of_shared ? shared : own), tensors(places),
                                       /*keep_graph=*/true);
    for (std::size_t i = 0; i < places.size(); ++i) gradients[places[i]] = std::move(part[i]);
  }
  return with_gradients(std::move(gradients));
}

at::Tensor TaskStep::with_gradients(std::vector<at::Tensor> gradients) const {
  std::vector<at::Tensor> parameters;
  for (const auto& parameter : training_.parameters()) parameters.push_back(parameter.tensor);
  return detail::with_given_gradients(loss_.mean().detach(), parameters, gradients);
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
