// Every update rule against its formula in double precision, for every kind of tensor.
#include <timetrial/update_rules.h>

#include "harness/device/device.h"
#include "harness/trial/error.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace timetrial {
namespace {

using Lists = std::vector<std::vector<at::Tensor>>;

/// One stream for all kinds of tensors; `stream` makes the values differ.
std::vector<at::Tensor> all_kinds(double stream) {
  const auto numbers = [&](at::IntArrayRef shape, at::ScalarType type = at::kFloat) {
    const auto count = c10::multiply_integers(shape);
    const at::Tensor place = at::arange(count, at::kDouble).add(1 + 1000 * stream);
    return place.mul(0.618033988749895).frac().sub(0.45).mul(2).reshape(shape).to(type);
  };
  return {
      numbers({37}),
      numbers({}),
      numbers({0}),
      numbers({16}),
      numbers({3, 0, 2}),
      numbers({300, 131}),  // more than two pieces
      numbers({2, 3, 4, 5}).contiguous(at::MemoryFormat::ChannelsLast),
      numbers({33, 7}).t(),
      numbers({80}).slice(0, 0, 80, 2),
      numbers({50}, at::kBFloat16),
      numbers({50}, at::kDouble),
      numbers({1}),
  };
}

/// Weights and gradients of both signs; states as they come, none below zero from the third on.
Lists make_lists(std::size_t streams) {
  Lists lists;
  for (std::size_t s = 0; s < streams; ++s) {
    lists.push_back(all_kinds(static_cast<double>(s)));
    if (s < 3) continue;
    for (auto& tensor : lists.back()) tensor.abs_();
  }
  return lists;
}

Lists copies(const Lists& lists, bool in_double) {
  Lists result;
  for (const auto& list : lists) {
    auto& copy = result.emplace_back();
    for (const auto& tensor : list) {
      copy.push_back(in_double ? tensor.to(at::kDouble).contiguous().clone() : tensor.clone());
    }
  }
  return result;
}

/// Bits that two values of a type may differ by, in units of its precision.
double tolerance(at::ScalarType type) {
  return type == at::kBFloat16 ? 8e-3 : type == at::kFloat ? 2e-6 : 1e-13;
}

void expect_close(const Lists& found, const Lists& expected, const std::string& rule) {
  for (std::size_t s = 0; s < found.size(); ++s) {
    for (std::size_t i = 0; i < found[s].size(); ++i) {
      SCOPED_TRACE(rule + ", stream " + std::to_string(s) + ", tensor " + std::to_string(i));
      const at::Tensor& tensor = found[s][i];
      const double rtol = tolerance(tensor.scalar_type());
      EXPECT_TRUE(at::allclose(tensor.to(c10::kCPU, at::kDouble), expected[s][i], rtol, rtol))
          << (tensor.numel() == 0 ? 0
                                  : tensor.to(c10::kCPU, at::kDouble)
                                        .sub(expected[s][i])
                                        .abs()
                                        .max()
                                        .item<double>());
    }
  }
}

/// What a rule does to all tensors, and to one in the words of its formula.
struct Rule {
  std::string name;
  std::size_t streams;
  std::function<void(Lists& lists)> update;
  std::function<void(std::vector<at::Tensor>& x, std::int64_t count)> formula;
};

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

std::vector<Rule> other_rules() {
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

/// Their states are sums of squares, so they begin at what is not below zero.
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

void expect_formula(const Rule& rule, Lists lists, c10::Device device = c10::kCPU) {
  Lists expected = copies(lists, /*in_double=*/true);
  for (auto& list : lists) {
    for (auto& tensor : list) tensor = tensor.to(device);
  }
  rule.update(lists);
  for (std::size_t i = 0; i < lists[0].size(); ++i) {
    std::vector<at::Tensor> x;
    for (const auto& list : expected) x.push_back(list[i]);
    rule.formula(x, static_cast<std::int64_t>(i) + 1);
    for (std::size_t s = 0; s < x.size(); ++s) expected[s][i] = x[s];
  }
  expect_close(lists, expected, rule.name);
}

void expect_all_formulas(c10::Device device) {
  const at::NoGradGuard no_grad;
  for (const auto& rule : adam_rules()) expect_formula(rule, make_lists(rule.streams), device);
  for (const auto& rule : other_rules()) expect_formula(rule, make_lists(rule.streams), device);
  auto with_sums = root_rules();
  for (auto& rule : clippy_rules()) with_sums.push_back(std::move(rule));
  for (const auto& rule : with_sums) {
    Lists lists = make_lists(rule.streams);
    for (auto& tensor : lists[2]) tensor.abs_();
    expect_formula(rule, lists, device);
  }
}

/// Adafactor's lists: weights, gradients, momentum, rows, columns.
Lists adafactor_lists() {
  Lists lists = make_lists(3);
  lists.resize(5);
  for (auto& list : lists) {
    const auto stream = static_cast<double>(&list - lists.data());
    const auto more = [&](at::IntArrayRef shape) {
      return at::arange(c10::multiply_integers(shape), at::kDouble)
          .add(7 + 100 * stream)
          .mul(0.7548776662466927)
          .frac()
          .sub(0.3)
          .reshape(shape)
          .to(at::kFloat);
    };
    if (stream > 2) continue;
    list.push_back(more({2, 3, 1500, 21}));  // blocks of rows, in stacks
    list.push_back(more({3, 20'000}));       // rows longer than a piece
    list.push_back(more({500, 3, 3}));
  }
  for (const auto& weight : lists[0]) {
    auto rows = weight.sizes().vec(), columns = rows;
    if (weight.dim() >= 2) {
      rows.pop_back();
      columns.erase(columns.end() - 2);
    } else {
      columns = {0};
    }
    lists[3].push_back(at::full(rows, 0.25, weight.options()));
    lists[4].push_back(at::full(columns, 0.5, weight.options()));
  }
  return lists;
}

void adafactor(Lists& x) {
  adafactor_update(x[0], x[1], x[2], x[3], x[4],
                   {.rate = 0.1, .beta1 = 0.8, .past = 0.9, .weight_decay = 0.5});
}

void adafactor_formula(std::vector<at::Tensor>& x) {
  if (x[0].numel() == 0) return;
  const at::Tensor squares = x[1] * x[1];
  at::Tensor moment = x[3] = 0.9 * x[3] + 0.1 * (x[0].dim() < 2 ? squares : squares.mean(-1));
  if (x[0].dim() >= 2) {
    x[4] = 0.9 * x[4] + 0.1 * squares.mean(-2);
    moment = (x[3] / x[3].mean(-1, true)).unsqueeze(-1) * x[4].unsqueeze(-2);
  }
  x[1] = x[1] / moment.sqrt();
  const double rms = x[1].square().mean().sqrt().item<double>();
  x[2] = 0.8 * x[2] + 0.2 * 0.1 / std::max(1.0, rms) * x[1];
  x[0] = 0.95 * x[0] - x[2];
}

void expect_adafactor(c10::Device device) {
  const at::NoGradGuard no_grad;
  Lists lists = adafactor_lists(), expected = copies(lists, /*in_double=*/true);
  for (auto& list : lists) {
    for (auto& tensor : list) tensor = tensor.to(device);
  }
  adafactor(lists);
  for (std::size_t i = 0; i < lists[0].size(); ++i) {
    std::vector<at::Tensor> x;
    for (const auto& list : expected) x.push_back(list[i]);
    adafactor_formula(x);
    for (std::size_t s = 0; s < x.size(); ++s) expected[s][i] = x[s];
  }
  // A gradient that is left over is nobody's; in bfloat16 it would be rounded in between.
  for (auto* each : {&lists, &expected}) each->erase(each->begin() + 1);
  expect_close(lists, expected, "adafactor");
}

TEST(UpdateRules, FollowTheirFormulasForAllKindsOfTensors) { expect_all_formulas(c10::kCPU); }

TEST(UpdateRules, FollowTheirFormulasOnAGpu) {
  try {
    device::open_device("cuda:0", 1);
  } catch (const InputError& error) {
    GTEST_SKIP() << error.what();
  }
  expect_all_formulas(c10::Device("cuda:0"));
  expect_adafactor(c10::Device("cuda:0"));
}

TEST(UpdateRules, HaveTheSameBitsForAnyNumberOfThreads) {
  const at::NoGradGuard no_grad;
  const int before = at::get_num_threads();
  for (const auto& rule : adam_rules()) {
    Lists one = make_lists(rule.streams), two = copies(one, /*in_double=*/false);
    at::set_num_threads(1);
    rule.update(one);
    at::set_num_threads(2);
    rule.update(two);
    for (std::size_t s = 0; s < one.size(); ++s) {
      for (std::size_t i = 0; i < one[s].size(); ++i) {
        EXPECT_TRUE(at::equal(one[s][i], two[s][i])) << rule.name << " " << s << " " << i;
      }
    }
  }
  at::set_num_threads(before);
}

TEST(Adafactor, FollowsItsFormulaForAllKindsOfTensors) { expect_adafactor(c10::kCPU); }

TEST(Adafactor, HasTheSameBitsForAnyNumberOfThreads) {
  const at::NoGradGuard no_grad;
  const int before = at::get_num_threads();
  Lists one = adafactor_lists(), two = copies(one, /*in_double=*/false);
  at::set_num_threads(1);
  adafactor(one);
  at::set_num_threads(2);
  adafactor(two);
  at::set_num_threads(before);
  for (std::size_t s = 0; s < one.size(); ++s) {
    for (std::size_t i = 0; i < one[s].size(); ++i) {
      EXPECT_TRUE(at::equal(one[s][i], two[s][i])) << s << " " << i;
    }
  }
}

TEST(UpdateRules, KeepWhereTensorsLie) {
  const at::NoGradGuard no_grad;
  Lists lists = make_lists(3);
  const auto strides = [](const at::Tensor& tensor) { return tensor.strides().vec(); };
  const auto before = strides(lists[0][6]);
  const auto* data = lists[0][8].const_data_ptr();
  lion_update(lists[0], lists[1], lists[2], {.rate = 0.1});
  EXPECT_EQ(strides(lists[0][6]), before);
  EXPECT_EQ(lists[0][8].const_data_ptr(), data);
}

TEST(UpdateRules, TellAutogradOfTheirWrites) {
  const at::Tensor weight = at::ones({4}).requires_grad_();
  const at::Tensor loss = (weight * weight).sum();
  {
    const at::NoGradGuard no_grad;
    add_scaled({weight}, {at::ones({4})}, {1});
  }
  EXPECT_THROW(loss.backward(), c10::Error);  // the graph has kept the weight as it was
}

TEST(UpdateRules, TakeNoTensorsAtAll) {
  adamw_update({}, {}, {}, {}, {}, {.rate = 1});
  lamb_update({}, {}, {}, {}, {}, {.rate = 1});
  EXPECT_EQ(global_norm({}), 0);
}

TEST(Clippy, SharesTheLeastFactorOfTheModelAmongWhatIsClipped) {
  const at::NoGradGuard no_grad;
  const auto ones = [] { return at::ones({5}); };
  const std::vector<at::Tensor> weights = {ones(), ones().mul(10), ones()};
  const std::vector<at::Tensor> gradients = {ones(), ones(), ones()},
                                sums = {at::zeros({5}), at::zeros({5}), at::zeros({5})};
  clippy_adagrad_update(weights, gradients, sums, {true, true, false},
                        {.rate = 1, .epsilon = 1e-10},
                        {.relative = 0.1, .absolute = 0.01, .whole_model = true});
  EXPECT_TRUE(at::allclose(weights[0], at::full({5}, 1 - 0.11)));
  EXPECT_TRUE(at::allclose(weights[1], at::full({5}, 10 - 0.11)));
  EXPECT_TRUE(at::allclose(weights[2], at::zeros({5}), 0, 1e-6));
  EXPECT_THROW(clippy_adagrad_update(weights, gradients, sums, {true}, {}, {}),
               std::invalid_argument);
}

TEST(Sophia, TakesAFullStepWhereTheCurvatureIsNotAboveZero) {
  const at::NoGradGuard no_grad;
  const std::vector<at::Tensor> weight = {at::zeros({4})}, gradient = {at::full({4}, -1e-3)},
                                momentum = {at::zeros({4})},
                                hessian = {at::tensor({-1.0F, 0.0F, 1.0F, 1e3F})};
  sophia_update(weight, gradient, momentum, hessian, {.rate = 0.5, .beta1 = 0, .rho = 1});
  EXPECT_TRUE(at::allclose(weight[0], at::tensor({0.5F, 0.5F, 0.5e-3F, 0.5e-6F})));
}

TEST(Lamb, MovesWeightsThatAreAllZero) {
  const at::NoGradGuard no_grad;
  const std::vector<at::Tensor> weight = {at::zeros({5})}, gradient = {at::ones({5})},
                                first = {at::zeros({5})}, second = {at::zeros({5})};
  lamb_update(weight, gradient, first, second, {1}, {.rate = 0.5, .epsilon = 1e-12});
  EXPECT_TRUE(at::allclose(weight[0], at::full({5}, -0.5)));
}

TEST(Norms, AreThoseOfLibTorch) {
  const auto tensors = all_kinds(0);
  const auto found = norms(tensors);
  double sum = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const double expected = tensors[i].to(at::kDouble).norm().item<double>();
    EXPECT_NEAR(found[i], expected, 1e-6 * expected) << i;
    sum += expected * expected;
  }
  EXPECT_NEAR(global_norm(tensors), std::sqrt(sum), 1e-6 * std::sqrt(sum));
}

/// The message of what is thrown, and nothing changed.
std::string refusal(const std::vector<at::Tensor>& weights,
                    const std::vector<at::Tensor>& gradients) {
  const at::NoGradGuard no_grad;
  const auto before = weights.empty() ? at::Tensor() : weights[0].clone();
  try {
    add_scaled(weights, gradients, std::vector<double>(weights.size(), 1.0));
  } catch (const std::invalid_argument& error) {
    EXPECT_TRUE(weights.empty() || at::equal(before, weights[0]));
    return error.what();
  }
  return "";
}

TEST(UpdateRules, RefuseListsThatDoNotFit) {
  using testing::HasSubstr;
  const at::Tensor four = at::ones({4});
  EXPECT_THAT(refusal({four, four}, {four}), HasSubstr("list 1, tensor 1: the first list has 2"));
  EXPECT_THAT(refusal({four, four}, {four, at::ones({3})}),
              HasSubstr("list 1, tensor 1: has another shape"));
  EXPECT_THAT(refusal({four}, {at::Tensor()}), HasSubstr("list 1, tensor 0: is undefined"));
  EXPECT_THAT(refusal({four}, {at::ones({4}, at::kLong)}), HasSubstr("no floating type"));
  EXPECT_THAT(refusal({four}, {four.to_sparse()}), HasSubstr("is not strided"));
  EXPECT_THROW(adamw_update({four}, {four}, {four}, {four}, {}, {}), std::invalid_argument);
}

}  // namespace
}  // namespace timetrial
