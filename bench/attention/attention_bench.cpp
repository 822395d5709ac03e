// Point-wise attention (workloads/nn/pointwise_attention.h) beside LibTorch's
// scaled_dot_product_attention, over lengths L; both are given the same tokens: 8192 in all, four
// heads. The two take turns, and a ratio is of neighbours, so that a machine that grows slow counts
// for both. Below 1: the point-wise form is faster.
//
//   attention_bench [threads [rounds [head width]]]
#include "workloads/nn/pointwise_attention.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <vector>

namespace timetrial::nn {
namespace {

constexpr std::int64_t kTokens = 8192, kHeads = 4;

struct Inputs {
  at::Tensor query, key, value, direction;
};

/// As a model's projection gives them.
Inputs inputs_of(std::int64_t length, std::int64_t width) {
  std::vector<at::Tensor> all;
  for (int i = 0; i < 4; ++i) {
    all.push_back(
        at::randn({kTokens / length, length, kHeads, width}).transpose(1, 2).requires_grad_(i < 3));
  }
  return {all[0], all[1], all[2], all[3]};
}

at::Tensor softmax(const Inputs& in) {
  return at::scaled_dot_product_attention(in.query, in.key, in.value);
}

at::Tensor pointwise(const Inputs& in, AttentionForm form) {
  return pointwise_attention(in.query, in.key, in.value, {.form = form});
}

/// The answer first.
void assert_right(const Inputs& in, AttentionForm form) {
  const at::NoGradGuard no_grad;
  const auto head = [](const at::Tensor& x) { return x.slice(0, 0, 1).slice(1, 0, 1); };
  const at::Tensor scores = at::matmul(head(in.query), head(in.key).transpose(-2, -1)) /
                            std::sqrt(static_cast<double>(in.query.size(-1)));
  const at::Tensor expected =
      at::matmul(weights_of(scores, form), head(in.value)) / static_cast<double>(in.key.size(2));
  if (!at::allclose(head(pointwise(in, form)), expected, 1e-4, 1e-6)) {
    throw std::logic_error("the blocks' answer differs from the formula's");
  }
}

double seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct Quantiles {
  double low, middle, high;
};

/// The middle one, and those that leave a tenth on either side.
Quantiles quantiles(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5)];
  };
  return {at(0.1), at(0.5), at(0.9)};
}

void compare(const char* pass, std::int64_t length, AttentionForm form, int rounds,
             const std::function<void()>& theirs, const std::function<void()>& ours) {
  theirs();
  ours();
  std::vector<double> their_times, our_times, ratios;
  for (int round = 0; round < rounds; ++round) {
    their_times.push_back(seconds(theirs));
    our_times.push_back(seconds(ours));
    ratios.push_back(our_times.back() / their_times.back());
  }
  const Quantiles ratio = quantiles(ratios);
  std::printf("%6d %8s %13s %12.2f %12.2f %8.2f [%.2f, %.2f]\n", static_cast<int>(length), pass,
              to_string(form), 1e3 * quantiles(their_times).middle,
              1e3 * quantiles(our_times).middle, ratio.middle, ratio.low, ratio.high);
  std::fflush(stdout);
}

void compare(std::int64_t length, std::int64_t width, AttentionForm form, int rounds) {
  const Inputs in = inputs_of(length, width);
  assert_right(in, form);
  const auto without_gradient = [&](const auto& attend) {
    return [&in, attend] {
      const at::NoGradGuard no_grad;
      attend(in);
    };
  };
  const auto with_gradient = [&](const auto& attend) {
    return [&in, attend] {
      torch::autograd::grad({attend(in)}, {in.query, in.key, in.value}, {in.direction});
    };
  };
  const auto theirs = [](const Inputs& x) { return softmax(x); };
  const auto ours = [form](const Inputs& x) { return pointwise(x, form); };
  compare("forward", length, form, rounds, without_gradient(theirs), without_gradient(ours));
  compare("gradient", length, form, rounds, with_gradient(theirs), with_gradient(ours));
}

}  // namespace
}  // namespace timetrial::nn

int main(int count, char** arguments) {
  using timetrial::nn::AttentionForm;
  const auto number = [&](int place, int usual) {
    return count > place ? std::atoi(arguments[place]) : usual;
  };
  at::set_num_threads(number(1, 2));
  std::printf("%6s %8s %13s %12s %12s %8s %s\n", "L", "pass", "form", "softmax, ms", "ours, ms",
              "ratio", "[10 %, 90 %]");
  for (const std::int64_t length : {64, 128, 256, 512, 1024, 2048}) {
    for (const AttentionForm form : {AttentionForm::relu, AttentionForm::gelu}) {
      timetrial::nn::compare(length, number(3, 32), form, number(2, 15));
    }
  }
}
