// The tasks' gradients at all parameters: inner products and combinations.
#include "optim/multitask/given_gradients.h"
#include "optim/multitask/gradient_rows.h"
#include "optim/multitask/parameter_groups.h"
#include "optim/multitask/small_matrix.h"

#include <timetrial/task_wrapper.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>

namespace timetrial::multitask {
namespace {

Gram total(const std::vector<Gram>& grams) {
  Gram sum(grams.front().tasks());
  for (const auto& gram : grams) {
    for (std::size_t i = 0; i < sum.tasks(); ++i) {
      for (std::size_t j = 0; j < sum.tasks(); ++j) sum(i, j) += gram(i, j);
    }
  }
  return sum;
}

/// What the rows of the parameters from `first` on come to with the coefficients of each.
void combine(const detail::Rows& rows, std::size_t first,
             const std::function<const Coefficients&(std::size_t)>& coefficients_of,
             std::vector<at::Tensor>& gradients) {
  const at::NoGradGuard no_grad;
  for (std::size_t p = 0; p < rows.front().size(); ++p) {
    const Coefficients& factors = coefficients_of(first + p);
    at::Tensor& gradient = gradients[first + p];
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (!rows[i][p].defined()) continue;
      gradient = gradient.defined() ? gradient.add_(rows[i][p], factors.at(i))
                                    : rows[i][p].mul(factors.at(i));
    }
  }
}

}  // namespace

/// Of the parameters from `begin` to before `end`.
detail::Rows TaskStep::rows_of(std::size_t begin, std::size_t end) const {
  std::vector<std::size_t> places(end - begin);
  std::iota(places.begin(), places.end(), begin);
  const auto inputs = tensors(places);
  detail::Rows rows;
  for (const auto task : present_) {
    rows.push_back(training_.gradients_of(loss_.per_task[task], inputs, /*keep_graph=*/true));
  }
  return rows;
}

void TaskStep::add_products(const detail::Rows& rows, std::size_t first,
                            const std::vector<std::size_t>& groups, std::vector<Gram>& sums) {
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
    Gram& sum = sums[groups[place]];
    for (std::size_t i = 0; i < tasks && is_shared(place); ++i) {
      for (std::size_t j = 0; j < tasks; ++j) sum(i, j) += entry[i * tasks + j];
    }
    entry += tasks * tasks;
  }
}

std::vector<Gram> TaskStep::grams(Grouping grouping) {
  const auto& parameters = training_.parameters();
  const auto groups = detail::groups_of(parameters, grouping);
  std::vector<Gram> sums(1 + *std::max_element(groups.begin(), groups.end()),
                         Gram(present_.size()));
  const auto ends = detail::slice_ends(parameters, present_.size(), slices_);
  std::size_t begin = 0;
  for (const auto end : ends) {
    auto rows = rows_of(begin, end);
    add_products(rows, begin, groups, sums);
    if (ends.size() == 1) rows_ = std::move(rows);
    begin = end;
  }
  training_.record("task_gradient_cosine", mean_cosine(total(sums)));
  return sums;
}

Gram TaskStep::gram() { return grams(Grouping::whole).front(); }

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
    combine(
        rows_, 0, [&](std::size_t p) -> const Coefficients& { return is_shared(p) ? shared : own; },
        gradients);
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

at::Tensor TaskStep::combined(Grouping grouping, const std::vector<Coefficients>& shared) {
  if (grouping == Grouping::whole) return combined(shared.front());
  const auto& parameters = training_.parameters();
  const auto groups = detail::groups_of(parameters, grouping);
  record_mean_weights(groups, shared);
  const Coefficients own = detail::ones(present_.size());
  const auto coefficients_of = [&](std::size_t p) -> const Coefficients& {
    return is_shared(p) ? shared.at(groups[p]) : own;
  };
  std::vector<at::Tensor> gradients(parameters.size());
  if (!rows_.empty()) {
    combine(rows_, 0, coefficients_of, gradients);
    return with_gradients(std::move(gradients));
  }
  std::size_t begin = 0;
  for (const auto end : detail::slice_ends(parameters, present_.size(), slices_)) {
    combine(rows_of(begin, end), begin, coefficients_of, gradients);
    begin = end;
  }
  return with_gradients(std::move(gradients));
}

void TaskStep::record_mean_weights(const std::vector<std::size_t>& groups,
                                   const std::vector<Coefficients>& of_groups) {
  std::set<std::size_t> counted;
  for (std::size_t p = 0; p < groups.size(); ++p) {
    if (is_shared(p)) counted.insert(groups[p]);
  }
  if (counted.empty()) return;
  Coefficients mean(present_.size(), 0.0);
  for (const auto group : counted) {
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += of_groups.at(group).at(i);
  }
  for (double& weight : mean) weight /= static_cast<double>(counted.size());
  record_weights(mean);
}

at::Tensor TaskStep::with_gradients(std::vector<at::Tensor> gradients) const {
  std::vector<at::Tensor> parameters;
  for (const auto& parameter : training_.parameters()) parameters.push_back(parameter.tensor);
  return detail::with_given_gradients(loss_.mean().detach(), parameters, gradients);
}

}  // namespace timetrial::multitask
