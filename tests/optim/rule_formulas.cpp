#include "tests/optim/rule_formulas.h"

#include <timetrial/update_rules.h>

#include <ATen/ATen.h>

#include <cmath>

namespace timetrial::optim_tests {
namespace {

/// Each tensor has had another number of updates.
std::vector<std::int64_t> counts(std::size_t tensors) {
  std::vector<std::int64_t> result;
  for (std::size_t i = 0; i < tensors; ++i) result.push_back(static_cast<std::int64_t>(i) + 1);
  return result;
}

struct Adam {
  at::Tensor first, root;
};

Adam adam_moments(std::vector<at::Tensor>& x, std::int64_t count) {
  const double n = static_cast<double>(count);
  x[2] = 0.8 * x[2] + 0.2 * x[1];
  x[3] = 0.99 * x[3] + 0.01 * x[1] * x[1];
  return {x[2] / (1 - std::pow(0.8, n)), (x[3] / (1 - std::pow(0.99, n))).sqrt() + 1e-3};
}

constexpr AdamUpdate kAdam = {
    .rate = 0.1, .beta1 = 0.8, .beta2 = 0.99, .epsilon = 1e-3, .weight_decay = 0.5};

/// Every tensor but each third is clipped.
std::vector<bool> clipped(std::size_t tensors) {
  std::vector<bool> result;
  for (std::size_t i = 0; i < tensors; ++i) result.push_back(i % 3 != 2);
  return result;
}

constexpr ClippyBound kBound = {.relative = 0.1, .absolute = 0.01};

/// The step of update number `count`, its tensor clipped or not.
at::Tensor within_bound(const at::Tensor& step, const at::Tensor& allowed, std::int64_t count) {
  if (!clipped(static_cast<std::size_t>(count)).back() || step.numel() == 0) return step;
  return step * (allowed / step.abs()).min().clamp_max(1);
}

}  // namespace

std::vector<Rule> adam_rules() {
  return {
      {"adamw", 4,
       [](Lists& x) { adamw_update(x[0], x[1], x[2], x[3], counts(x[0].size()), kAdam); },
       [](std::vector<at::Tensor>& x, std::int64_t count) {
         const auto [first, root] = adam_moments(x, count);
         x[0] = 0.95 * x[0] - 0.1 * first / root;
       }},
      {"nadamw", 4,
       [](Lists& x) { nadamw_update(x[0], x[1], x[2], x[3], counts(x[0].size()), kAdam); },
       [](std::vector<at::Tensor>& x, std::int64_t count) {
         const auto [first, root] = adam_moments(x, count);
         const double start = 1 - std::pow(0.8, static_cast<double>(count));
         x[0] = 0.95 * x[0] - 0.1 * (0.8 * first + 0.2 * x[1] / start) / root;
       }},
      {"lamb", 4, [](Lists& x) { lamb_update(x[0], x[1], x[2], x[3], counts(x[0].size()), kAdam); },
       [](std::vector<at::Tensor>& x, std::int64_t count) {
         const auto [first, root] = adam_moments(x, count);
         x[1] = first / root + 0.5 * x[0];
         const double weight = x[0].norm().item<double>(), step = x[1].norm().item<double>();
         x[0] = x[0] - 0.1 * (weight > 0 && step > 0 ? weight / step : 1) * x[1];
       }},
      {"schedule_free_adamw", 4,
       [](Lists& x) {
         schedule_free_adamw_update(x[0], x[1], x[2], x[3],
                                    {.rate = 0.1,
                                     .beta1 = 0.8,
                                     .beta2 = 0.99,
                                     .epsilon = 1e-3,
                                     .weight_decay = 0.5,
                                     .share = 0.25,
                                     .count = 3});
       },
       [](std::vector<at::Tensor>& x, std::int64_t /*count*/) {
         x[3] = 0.99 * x[3] + 0.01 * x[1] * x[1];
         const auto root = (x[3] / (1 - std::pow(0.99, 3))).sqrt() + 1e-3;
         const auto d = x[1] / root + 0.5 * x[0];
         x[0] = 0.75 * x[0] + 0.25 * x[2] - 0.1 * (1 - 0.8 * 0.75) * d;
         x[2] = x[2] - 0.1 * d;
       }},
      {"clippy_adamw", 4,
       [](Lists& x) {
         clippy_adamw_update(x[0], x[1], x[2], x[3], counts(x[0].size()), clipped(x[0].size()),
                             kAdam, kBound);
       },
       [](std::vector<at::Tensor>& x, std::int64_t count) {
         const auto [first, root] = adam_moments(x, count);
         x[1] = 0.1 * first / root;
         x[0] = 0.95 * x[0] - within_bound(x[1], 0.1 * x[0].abs() + 0.01, count);
       }},
      {"sophia", 4,
       [](Lists& x) {
         sophia_update(
             x[0], x[1], x[2], x[3],
             {.rate = 0.1, .beta1 = 0.8, .rho = 0.5, .epsilon = 1e-3, .weight_decay = 0.5});
       },
       [](std::vector<at::Tensor>& x, std::int64_t /*count*/) {
         x[2] = 0.8 * x[2] + 0.2 * x[1];
         x[0] = 0.95 * x[0] - 0.1 * (x[2] / (0.5 * x[3] + 1e-3)).clamp(-1, 1);
       }},
  };
}

std::vector<Rule> momentum_rules() {
  const auto momentum = [](bool nesterov) {
    return [nesterov](std::vector<at::Tensor>& x, std::int64_t /*count*/) {
      const auto g = x[1] + 0.5 * x[0];
      x[2] = 0.8 * x[2] + g;
      x[0] = x[0] - 0.1 * (nesterov ? g + 0.8 * x[2] : x[2]);
    };
  };
  return {
      {"lion", 3,
       [](Lists& x) {
         lion_update(x[0], x[1], x[2],
                     {.rate = 0.1, .beta1 = 0.8, .beta2 = 0.9, .weight_decay = 0.5});
       },
       [](std::vector<at::Tensor>& x, std::int64_t /*count*/) {
         x[0] = 0.95 * x[0] - 0.1 * (0.8 * x[2] + 0.2 * x[1]).sign();
         x[2] = 0.9 * x[2] + 0.1 * x[1];
       }},
      {"momentum", 3,
       [](Lists& x) {
         momentum_update(x[0], x[1], x[2], {.rate = 0.1, .momentum = 0.8, .weight_decay = 0.5});
       },
       momentum(false)},
      {"nesterov", 3,
       [](Lists& x) {
         momentum_update(x[0], x[1], x[2],
                         {.rate = 0.1, .momentum = 0.8, .weight_decay = 0.5, .nesterov = true});
       },
       momentum(true)},
      {"add_scaled", 2,
       [](Lists& x) {
         std::vector<double> scales;
         for (const auto count : counts(x[0].size())) scales.push_back(static_cast<double>(count));
         add_scaled(x[0], x[1], scales);
       },
       [](std::vector<at::Tensor>& x, std::int64_t count) {
         x[0] = x[0] + static_cast<double>(count) * x[1];
       }},
  };
}

std::vector<Rule> clippy_rules() {
  const auto adagrad = [](ClippyAdagradUpdate update) {
    return [update](Lists& x) {
      clippy_adagrad_update(x[0], x[1], x[2], clipped(x[0].size()), update, kBound);
    };
  };
  return {
      {"clippy_adagrad", 3,
       adagrad({.rate = 0.1, .epsilon = 1e-3, .weight_decay = 0.5, .by_root = 0.02}),
       [](std::vector<at::Tensor>& x, std::int64_t count) {
         const auto g = x[1] + 0.5 * x[0];
         x[2] = x[2] + g * g;
         const auto root = x[2].sqrt() + 1e-3;
         x[1] = 0.1 * g / root;
         x[0] = x[0] - within_bound(x[1], 0.1 * x[0].abs() + 0.01 + 0.02 / root, count);
       }},
      {"clippy_adagrad, published", 3, adagrad({.rate = 0.1, .epsilon = 1e-3, .published = true}),
       [](std::vector<at::Tensor>& x, std::int64_t count) {
         const auto g = x[1], root = (x[2] + 1e-3).sqrt();
         x[2] = x[2] + g * g;
         x[1] = 0.1 * g / root;
         x[0] = x[0] - within_bound(x[1], 0.1 * x[0].abs() + 0.01, count);
       }},
      {"clippy_adagrad, published, with clipped sums", 3,
       adagrad({.rate = 0.1, .epsilon = 1e-3, .published = true, .clips_sums = true}),
       [](std::vector<at::Tensor>& x, std::int64_t count) {
         const auto root = (x[2] + 1e-3).sqrt();
         x[1] = 0.1 * x[1] / root;
         const auto step = within_bound(x[1], 0.1 * x[0].abs() + 0.01, count);
         x[2] = x[2] + (step * root / 0.1).square();
         x[0] = x[0] - step;
       }},
  };
}

std::vector<Rule> root_rules() {
  const auto square = [](std::vector<at::Tensor>& x) {
    const auto g = x[1] + 0.5 * x[0];
    x[2] = 0.9 * x[2] + 0.1 * g * g;
    return g / (x[2].sqrt() + 1e-3);
  };
  return {
      {"adagrad", 3,
       [](Lists& x) {
         adagrad_update(x[0], x[1], x[2], {.rate = 0.1, .epsilon = 1e-3, .weight_decay = 0.5});
       },
       [](std::vector<at::Tensor>& x, std::int64_t /*count*/) {
         const auto g = x[1] + 0.5 * x[0];
         x[2] = x[2] + g * g;
         x[0] = x[0] - 0.1 * g / (x[2].sqrt() + 1e-3);
       }},
      {"rmsprop", 3,
       [](Lists& x) {
         rmsprop_update(x[0], x[1], x[2], {},
                        {.rate = 0.1, .alpha = 0.9, .epsilon = 1e-3, .weight_decay = 0.5});
       },
       [square](std::vector<at::Tensor>& x, std::int64_t /*count*/) {
         x[0] = x[0] - 0.1 * square(x);
       }},
      {"rmsprop with momentum", 4,
       [](Lists& x) {
         rmsprop_update(
             x[0], x[1], x[2], x[3],
             {.rate = 0.1, .alpha = 0.9, .epsilon = 1e-3, .weight_decay = 0.5, .momentum = 0.8});
       },
       [square](std::vector<at::Tensor>& x, std::int64_t /*count*/) {
         x[3] = 0.8 * x[3] + square(x);
         x[0] = x[0] - 0.1 * x[3];
       }},
  };
}

}  // namespace timetrial::optim_tests
