// Adafactor's rule against its formula in double precision, for every kind of tensor.
#include <timetrial/update_rules.h>

#include "tests/optim/tensor_lists.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace timetrial {
namespace {

using namespace optim_tests;

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

TEST(Adafactor, FollowsItsFormulaForAllKindsOfTensors) { expect_adafactor(c10::kCPU); }

TEST(Adafactor, FollowsItsFormulaOnAGpu) {
  if (!why_no_gpu().empty()) GTEST_SKIP() << why_no_gpu();
  expect_adafactor(c10::Device("cuda:0"));
}

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

}  // namespace
}  // namespace timetrial
