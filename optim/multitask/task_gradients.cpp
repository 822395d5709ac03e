// The tasks' gradients at all parameters: inner products and combinations.
#include "optim/multitask/given_gradients.h"
#include "optim/multitask/gradient_rows.h"
#include "optim/multitask/small_matrix.h"

#include <timetrial/task_wrapper.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/stack.h>

#include <numeric>

namespace timetrial::multitask {

void TaskStep::add_products(const std::vector<std::vector<at::Tensor>>& rows, std::size_t first,
                            Gram& sum) {
  const at::NoGradGuard no_grad;
  std::vector<std::size_t> places;
  std::vector<at::Tensor> products;
  for (std::size_t p = 0; p < rows.front().size(); ++p) {
    const auto gradients = detail::column(rows, p);
    if (gradients.empty()) continue;
    places.push_back(first + p);
    products.push_back(detail::products_of(gradients));
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
  const auto ends = detail::slice_ends(parameters, present_.size(), slices_);
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

}  // namespace timetrial::multitask
