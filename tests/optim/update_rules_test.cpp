// Every update rule against its formula in double precision, for every kind of tensor.
#include <timetrial/update_rules.h>

#include "tests/optim/rule_formulas.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace timetrial {
namespace {

using namespace optim_tests;

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
  for (const auto& rule : momentum_rules()) expect_formula(rule, make_lists(rule.streams), device);
  auto with_sums = root_rules();
  for (auto& rule : clippy_rules()) with_sums.push_back(std::move(rule));
  for (const auto& rule : with_sums) {
    Lists lists = make_lists(rule.streams);
    for (auto& tensor : lists[2]) tensor.abs_();
    expect_formula(rule, lists, device);
  }
}

TEST(UpdateRules, FollowTheirFormulasForAllKindsOfTensors) { expect_all_formulas(c10::kCPU); }

TEST(UpdateRules, FollowTheirFormulasOnAGpu) {
  if (!why_no_gpu().empty()) GTEST_SKIP() << why_no_gpu();
  expect_all_formulas(c10::Device("cuda:0"));
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
