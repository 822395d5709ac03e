#include <timetrial/update_rules.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "optim/pass.h"

namespace timetrial {
namespace {

using optim::pass;

/// For each tensor what its first and the root of its second moment are multiplied with, since
/// both began at zero.
std::vector<double> corrections(const std::vector<std::int64_t>& counts, std::size_t tensors,
                                const AdamUpdate& update, double factor) {
  if (counts.size() != tensors) {
    throw std::invalid_argument("counts has " + std::to_string(counts.size()) +
                                " entries, the lists have " + std::to_string(tensors));
  }
  std::vector<double> result;
  result.reserve(2 * tensors);
  for (const auto each : counts) {
    const auto count = static_cast<double>(each);
    result.push_back(factor / (1 - std::pow(update.beta1, count)));
    result.push_back(1 / std::sqrt(1 - std::pow(update.beta2, count)));
  }
  return result;
}

template <bool nesterov>
void adam(at::TensorList weights, at::TensorList gradients, at::TensorList first,
          at::TensorList second, const std::vector<std::int64_t>& counts,
          const AdamUpdate& update) {
  const optim::AdamRule<nesterov> rule = {.keep = 1 - update.rate * update.weight_decay,
                                          .beta1 = update.beta1,
                                          .beta2 = update.beta2,
                                          .epsilon = update.epsilon};
  pass(rule, {weights, gradients, first, second},
       corrections(counts, weights.size(), update, update.rate));
}

}  // namespace

void adamw_update(at::TensorList weights, at::TensorList gradients, at::TensorList first,
                  at::TensorList second, const std::vector<std::int64_t>& counts,
                  const AdamUpdate& update) {
  adam<false>(weights, gradients, first, second, counts, update);
}

void nadamw_update(at::TensorList weights, at::TensorList gradients, at::TensorList first,
                   at::TensorList second, const std::vector<std::int64_t>& counts,
                   const AdamUpdate& update) {
  adam<true>(weights, gradients, first, second, counts, update);
}

void lamb_update(at::TensorList weights, at::TensorList gradients, at::TensorList first,
                 at::TensorList second, const std::vector<std::int64_t>& counts,
                 const AdamUpdate& update) {
  const optim::LambRule rule = {.beta1 = update.beta1,
                                .beta2 = update.beta2,
                                .epsilon = update.epsilon,
                                .weight_decay = update.weight_decay};
  const auto squares = pass(rule, {weights, gradients, first, second},
                            corrections(counts, weights.size(), update, 1));
  std::vector<double> scales(weights.size(), -update.rate);
  for (std::size_t i = 0; i < scales.size(); ++i) {
    const double weight = squares[2 * i], step = squares[2 * i + 1];
    if (weight > 0 && step > 0) scales[i] *= std::sqrt(weight / step);
  }
  add_scaled(weights, gradients, scales);
}

void lion_update(at::TensorList weights, at::TensorList gradients, at::TensorList momentum,
                 const LionUpdate& update) {
  const optim::LionRule rule = {.keep = 1 - update.rate * update.weight_decay,
                                .rate = update.rate,
                                .beta1 = update.beta1,
                                .beta2 = update.beta2};
  pass(rule, {weights, gradients, momentum});
}

void momentum_update(at::TensorList weights, at::TensorList gradients, at::TensorList momentum,
                     const MomentumUpdate& update) {
  const auto run = [&](const auto& rule) { pass(rule, {weights, gradients, momentum}); };
  if (update.nesterov) {
    run(optim::MomentumRule<true>{update.rate, update.momentum, update.weight_decay});
  } else {
    run(optim::MomentumRule<false>{update.rate, update.momentum, update.weight_decay});
  }
}

void adagrad_update(at::TensorList weights, at::TensorList gradients, at::TensorList sums,
                    const AdagradUpdate& update) {
  const optim::AdagradRule rule = {
      .rate = update.rate, .epsilon = update.epsilon, .weight_decay = update.weight_decay};
  pass(rule, {weights, gradients, sums});
}

void rmsprop_update(at::TensorList weights, at::TensorList gradients, at::TensorList squares,
                    at::TensorList momentum, const RmsPropUpdate& update) {
  if (update.momentum == 0) {
    const optim::RmsPropRule rule = {.rate = update.rate,
                                     .alpha = update.alpha,
                                     .epsilon = update.epsilon,
                                     .weight_decay = update.weight_decay};
    pass(rule, {weights, gradients, squares});
    return;
  }
  const optim::RmsPropMomentumRule rule = {.rate = update.rate,
                                           .alpha = update.alpha,
                                           .epsilon = update.epsilon,
                                           .weight_decay = update.weight_decay,
                                           .momentum = update.momentum};
  pass(rule, {weights, gradients, squares, momentum});
}

void schedule_free_adamw_update(at::TensorList y, at::TensorList gradients, at::TensorList z,
                                at::TensorList second, const ScheduleFreeUpdate& update) {
  const auto count = static_cast<double>(update.count);
  const optim::ScheduleFreeRule rule = {
      .rate = update.rate,
      .beta2 = update.beta2,
      .epsilon = update.epsilon,
      .weight_decay = update.weight_decay,
      .correction = 1 / (1 - std::pow(update.beta2, count)),
      .share = update.share,
      .y_rate = update.rate * (1 - update.beta1 * (1 - update.share))};
  pass(rule, {y, gradients, z, second});
}

namespace {

/// What the steps are multiplied with to lie within the bound.
std::vector<double> clippy_factors(std::vector<double> minima, const std::vector<bool>& clipped,
                                   bool whole_model) {
  double least = 1;
  for (std::size_t i = 0; i < minima.size(); ++i) {
    minima[i] = clipped[i] ? std::min(1.0, minima[i]) : 1;
    least = std::min(least, minima[i]);
  }
  for (std::size_t i = 0; whole_model && i < minima.size(); ++i) {
    if (clipped[i]) minima[i] = least;
  }
  return minima;
}

std::vector<double> negative(std::vector<double> values) {
  for (auto& value : values) value = -value;
  return values;
}

void require_entries(const std::vector<bool>& clipped, at::TensorList weights) {
  if (clipped.size() == weights.size()) return;
  throw std::invalid_argument("clipped has " + std::to_string(clipped.size()) +
                              " entries, the lists have " + std::to_string(weights.size()));
}

}  // namespace

std::vector<double> clippy_adagrad_update(at::TensorList weights, at::TensorList gradients,
                                          at::TensorList sums, const std::vector<bool>& clipped,
                                          const ClippyAdagradUpdate& update,
                                          const ClippyBound& bound) {
  require_entries(clipped, weights);
  const bool later = update.published && update.clips_sums;
  const auto minima = [&](auto rule) {
    rule = {.rate = update.rate,
            .epsilon = update.epsilon,
            .weight_decay = update.weight_decay,
            .relative = bound.relative,
            .absolute = bound.absolute,
            .by_root = update.by_root,
            .added = later ? 0.0 : 1.0};
    return pass(rule, {weights, gradients, sums});
  };
  auto factors = clippy_factors(update.published ? minima(optim::ClippyAdagradRule<true>{})
                                                 : minima(optim::ClippyAdagradRule<false>{}),
                                clipped, bound.whole_model);
  if (later) {
    const optim::ClippySumRule rule = {.epsilon = update.epsilon,
                                       .inverse_rate = update.rate > 0 ? 1 / update.rate : 0};
    pass(rule, {weights, gradients, sums}, factors);
  } else {
    add_scaled(weights, gradients, negative(factors));
  }
  return factors;
}

std::vector<double> clippy_adamw_update(at::TensorList weights, at::TensorList gradients,
                                        at::TensorList first, at::TensorList second,
                                        const std::vector<std::int64_t>& counts,
                                        const std::vector<bool>& clipped, const AdamUpdate& update,
                                        const ClippyBound& bound) {
  require_entries(clipped, weights);
  const optim::ClippyAdamRule rule = {.beta1 = update.beta1,
                                      .beta2 = update.beta2,
                                      .epsilon = update.epsilon,
                                      .relative = bound.relative,
                                      .absolute = bound.absolute};
  const auto minima = pass(rule, {weights, gradients, first, second},
                           corrections(counts, weights.size(), update, update.rate));
  auto factors = clippy_factors(minima, clipped, bound.whole_model);
  pass(optim::AddScaledRule{.keep = 1 - update.rate * update.weight_decay}, {weights, gradients},
       negative(factors));
  return factors;
}

void sophia_update(at::TensorList weights, at::TensorList gradients, at::TensorList momentum,
                   at::TensorList hessian, const SophiaUpdate& update) {
  const optim::SophiaRule rule = {.keep = 1 - update.rate * update.weight_decay,
                                  .rate = update.rate,
                                  .beta1 = update.beta1,
                                  .rho = update.rho,
                                  .epsilon = update.epsilon};
  pass(rule, {weights, gradients, momentum, hessian});
}

ProdigyDistance prodigy_update(at::TensorList weights, at::TensorList gradients,
                               at::TensorList first, at::TensorList second, at::TensorList sums,
                               at::TensorList start, ProdigyDistance so_far,
                               const ProdigyUpdate& update) {
  const double rate = so_far.distance * update.rate;
  const double ratio = so_far.distance / update.first_distance;
  const double scale = ratio * rate, safe_scale = ratio * so_far.distance;
  const optim::ProdigyMomentsRule moments = {.beta1 = update.beta1,
                                             .beta2 = update.beta2,
                                             .beta3 = std::sqrt(update.beta2),
                                             .distance = so_far.distance,
                                             .scale = update.safeguard ? safe_scale : scale};
  const auto found = pass(moments, {weights, gradients, first, second, sums, start});
  double product = 0, length = 0;
  for (std::size_t i = 0; i < found.size(); i += 2) {
    product += found[i];
    length += found[i + 1];
  }
  if (length == 0) return so_far;
  ProdigyDistance now;
  now.numerator = moments.beta3 * so_far.numerator + scale * product;
  now.distance = std::max(so_far.distance, update.distance_factor * now.numerator / length);
  const optim::ProdigyStepRule step = {.keep = 1 - rate * update.weight_decay,
                                       .rate = rate,
                                       .epsilon = now.distance * update.epsilon};
  pass(step, {weights, first, second});
  return now;
}

void add_scaled(at::TensorList x, at::TensorList y, const std::vector<double>& scales) {
  pass(optim::AddScaledRule{}, {x, y}, scales);
}

std::vector<double> norms(at::TensorList tensors) {
  auto result = pass(optim::SquareSumRule{}, {tensors});
  for (auto& each : result) each = std::sqrt(each);
  return result;
}

double global_norm(at::TensorList tensors) {
  double sum = 0;
  for (const auto each : pass(optim::SquareSumRule{}, {tensors})) sum += each;
  return std::sqrt(sum);
}

double clip_global_norm(at::TensorList gradients, double largest) {
  constexpr double kShortest = 1e-6;  // torch.nn.utils.clip_grad_norm_'s
  const double norm = global_norm(gradients), factor = largest / (norm + kShortest);
  if (factor < 1) {
    pass(optim::ScaleRule{}, {gradients}, std::vector<double>(gradients.size(), factor));
  }
  return norm;
}

}  // namespace timetrial
