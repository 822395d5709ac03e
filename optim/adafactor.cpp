#include <timetrial/update_rules.h>

#include <algorithm>
#include <cmath>

#include "optim/mean_squares.h"
#include "optim/pass.h"

namespace timetrial {
namespace {

using optim::pass;

constexpr double kSquareFloor = 1e-30;  // added to squared gradients
constexpr double kLargestRms = 1;       // of a step, before the rate

/// Lists of the same places.
struct Group {
  std::vector<at::Tensor> weights, gradients, momentum, rows, columns;
};

void learn(const at::Tensor& moment, const at::Tensor& mean, double past) {
  moment.mul_(past).add_(mean.add(kSquareFloor).to(moment.scalar_type()), 1 - past);
}

/// The gradients of matrices become steps before their length is known. Their sums of squares.
std::vector<double> factored_steps(const Group& group, double past) {
  std::vector<at::Tensor> by_row, by_column;
  for (std::size_t i = 0; i < group.gradients.size(); ++i) {
    const auto means = optim::mean_squares(group.gradients[i]);
    learn(group.rows[i], means.rows, past);
    learn(group.columns[i], means.columns, past);
    const auto type = means.rows.scalar_type();
    const at::Tensor rows = group.rows[i].to(type);
    by_row.push_back(rows.div(rows.mean(-1, /*keepdim=*/true)).rsqrt_());
    by_column.push_back(group.columns[i].to(type).rsqrt());
  }
  return pass(optim::FactoredStepRule{}, {group.gradients, by_row, by_column});
}

void finish(const Group& group, const std::vector<double>& squares, const AdafactorUpdate& update) {
  std::vector<double> scales;
  for (std::size_t i = 0; i < squares.size(); ++i) {
    const double rms = std::sqrt(squares[i] / static_cast<double>(group.gradients[i].numel()));
    scales.push_back(update.rate / std::max(1.0, rms / kLargestRms));
  }
  pass(optim::MeanStepRule{.keep = 1 - update.rate * update.weight_decay, .beta1 = update.beta1},
       {group.weights, group.gradients, group.momentum}, scales);
}

}  // namespace

void adafactor_update(at::TensorList weights, at::TensorList gradients, at::TensorList momentum,
                      at::TensorList rows, at::TensorList columns, const AdafactorUpdate& update) {
  Group matrices, others;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i].numel() == 0) continue;  // the mean of nothing is not a number
    Group& group = weights[i].dim() < 2 ? others : matrices;
    group.weights.push_back(weights[i]);
    group.gradients.push_back(gradients[i]);
    group.momentum.push_back(momentum[i]);
    group.rows.push_back(rows[i]);
    group.columns.push_back(columns[i]);
  }
  finish(matrices, factored_steps(matrices, update.past), update);
  finish(others,
         pass(optim::WholeStepRule{.past = update.past, .floor = kSquareFloor},
              {others.gradients, others.rows}),
         update);
}

}  // namespace timetrial
