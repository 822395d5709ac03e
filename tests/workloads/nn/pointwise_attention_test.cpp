#include "workloads/nn/pointwise_attention.h"
#include "harness/device/device.h"
#include "harness/trial/error.h"
#include "workloads/nn/attention_loops.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace timetrial::nn {
namespace {

using Form = AttentionForm;

at::Tensor random(at::IntArrayRef shape, std::uint64_t seed, at::ScalarType type = at::kDouble) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  return at::randn(shape, generator, at::TensorOptions(at::kDouble)).to(type);
}

double by_hand(Form form, double z) {
  const double inner = std::sqrt(2 / M_PI) * (z + 0.044715 * z * z * z);
  switch (form) {
    case Form::softmax:
      break;
    case Form::relu:
      return std::max(z, 0.0);
    case Form::squared_relu:
      return std::max(z, 0.0) * std::max(z, 0.0);
    case Form::gelu:
      return 0.5 * z * (1 + std::tanh(inner));
    case Form::softplus:
      return std::log1p(std::exp(z));
    case Form::identity:
      return z;
    case Form::relu6:
      return std::min(std::max(z, 0.0), 6.0);
    case Form::sigmoid:
      return 1 / (1 + std::exp(-z));
  }
  return std::nan("");
}

constexpr Form kForms[] = {Form::relu,     Form::squared_relu, Form::gelu,   Form::softplus,
                           Form::identity, Form::relu6,        Form::sigmoid};

// The definition, key by key.
TEST(PointwiseAttention, SumsValuesByAFunctionOfEachScore) {
  const at::Tensor query = random({1, 1, 4, 3}, 1) * 3, key = random({1, 1, 5, 3}, 2) * 3,
                   value = random({1, 1, 5, 3}, 3);
  for (const Form form : kForms) {
    for (const bool causal : {false, true}) {
      SCOPED_TRACE(std::string(to_string(form)) + (causal ? ", causal" : ""));
      const AttentionOptions options = {.scale = 0.9, .causal = causal, .form = form, .alpha = 0.7};
      const at::Tensor found = attention(query, key, value, options);
      for (std::int64_t i = 0; i < 4; ++i) {
        const std::int64_t visible = causal ? i + 1 : 5;
        at::Tensor expected = at::zeros({3}, at::kDouble);
        for (std::int64_t j = 0; j < visible; ++j) {
          const double score = 0.9 * query[0][0][i].dot(key[0][0][j]).item<double>();
          expected += by_hand(form, score) * value[0][0][j];
        }
        expected /= std::pow(visible, 0.7);
        EXPECT_TRUE(at::allclose(found[0][0][i], expected, 1e-9, 1e-12)) << i;
      }
    }
  }
}

using Inputs = std::vector<at::Tensor>;

/// What a case computes with, in double: the plain form; in float: blocks. Query, key and value are
/// neighbours in one projection, as models have them, so no head's rows are.
struct Case {
  std::int64_t queries, keys, width;
  bool causal = false;
};

Inputs inputs_of(const Case& c, at::ScalarType type) {
  Inputs inputs;
  for (const std::int64_t length : {c.queries, c.keys, c.keys}) {
    const auto seed = 10 + inputs.size();
    inputs.push_back(random({2, length, 3, c.width, 2}, seed, type)
                         .select(-1, 0)
                         .clone()
                         .transpose(1, 2)
                         .requires_grad_(true));
  }
  return inputs;
}

/// Output and gradients of what a later layer might make of it; at `again`, gradients of those.
std::vector<at::Tensor> results(const Inputs& in, const AttentionOptions& options, bool again) {
  const at::Tensor output = attention(in[0], in[1], in[2], options);
  const at::Tensor weight = random(output.sizes(), 20, output.scalar_type()).to(output.device());
  const at::Tensor loss = (output * weight + output.square()).sum();
  std::vector<at::Tensor> all = {output.detach()};
  const auto first = torch::autograd::grad({loss}, in, {}, /*retain_graph=*/again, again);
  for (const at::Tensor& gradient : first) all.push_back(gradient.detach());
  if (!again) return all;
  at::Tensor along = at::zeros({}, output.options());
  for (const at::Tensor& gradient : first) {
    const at::Tensor direction = random(gradient.sizes(), 21, output.scalar_type());
    along = along + (gradient * direction.to(output.device())).sum();
  }
  for (const at::Tensor& gradient : torch::autograd::grad({along}, in)) all.push_back(gradient);
  return all;
}

/// Empty where there is one that this program can use.
const std::string& why_no_gpu() {
  static const std::string reason = []() -> std::string {
    try {
      device::open_device("cuda:0", 1);
      return "";
    } catch (const InputError& error) {
      return error.what();
    }
  }();
  return reason;
}

double relative_error(const at::Tensor& found, const at::Tensor& expected) {
  return ((found.to(at::kDouble) - expected).norm() / (expected.norm() + 1e-30)).item<double>();
}

// Sizes around those of blocks (96 queries, 128 keys), registers (16 floats) and heads.
TEST(PointwiseAttention, InBlocksEqualsThePlainFormula) {
  at::set_num_threads(1);  // two that wait for each other take long on a busy machine
  const Case cases[] = {{1, 1, 1},     {7, 5, 3},           {96, 128, 16},      {97, 129, 17},
                        {131, 300, 8}, {130, 130, 5, true}, {40, 150, 4, true}, {260, 20, 4, true}};
  for (const Case& c : cases) {
    for (const Form form : kForms) {
      SCOPED_TRACE(testing::Message() << to_string(form) << ' ' << c.queries << 'x' << c.keys << 'x'
                                      << c.width << (c.causal ? " causal" : ""));
      const AttentionOptions options = {.causal = c.causal, .form = form, .alpha = 0.5};
      const bool again = c.queries < 90;
      const auto expected = results(inputs_of(c, at::kDouble), options, again);
      const auto found = results(inputs_of(c, at::kFloat), options, again);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_LT(relative_error(found[i], expected[i]), 2e-6) << i;
      }
    }
  }
}

TEST(PointwiseAttention, OnAGpuEqualsThePlainFormula) {
  if (!why_no_gpu().empty()) GTEST_SKIP() << why_no_gpu();
  for (const Case& c : {Case{45, 70, 9}, Case{33, 64, 128}, Case{70, 45, 5, true}}) {
    for (const Form form : kForms) {
      SCOPED_TRACE(testing::Message() << to_string(form) << ' ' << c.queries << 'x' << c.keys);
      const AttentionOptions options = {.causal = c.causal, .form = form, .alpha = 0.5};
      Inputs there;
      for (const at::Tensor& x : inputs_of(c, at::kFloat)) {
        there.push_back(x.detach().to(at::Device("cuda:0")).requires_grad_(true));
      }
      const auto expected = results(inputs_of(c, at::kDouble), options, true);
      const auto found = results(there, options, true);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_LT(relative_error(found[i].cpu(), expected[i]), 1e-5) << i;
      }
    }
  }
}

TEST(PointwiseAttention, HasTheSameBitsOnTwoThreads) {
  const Case c = {200, 140, 16};
  const AttentionOptions options = {.form = Form::gelu, .alpha = 1};
  const int usual = at::get_num_threads();
  at::set_num_threads(1);
  const auto alone = results(inputs_of(c, at::kFloat), options, false);
  at::set_num_threads(2);
  const auto shared = results(inputs_of(c, at::kFloat), options, false);
  at::set_num_threads(usual);
  for (std::size_t i = 0; i < alone.size(); ++i) EXPECT_TRUE(at::equal(alone[i], shared[i])) << i;
  const at::NoGradGuard no_grad;
  const auto in = inputs_of(c, at::kFloat);
  EXPECT_TRUE(at::equal(attention(in[0], in[1], in[2], options), alone[0]));
}

TEST(PointwiseAttention, KeepsWhatIsNotANumberOne) {
  for (const Form form : kForms) {
    auto in = inputs_of({3, 4, 2}, at::kFloat);
    {
      const at::NoGradGuard no_grad;
      in[1][0][0][1][0].fill_(std::nan(""));
    }
    const at::Tensor output = attention(in[0], in[1], in[2], {.form = form});
    EXPECT_TRUE(output[0][0].isnan().all().item<bool>()) << to_string(form);
    EXPECT_FALSE(output[1].isnan().any().item<bool>()) << to_string(form);
  }
}

TEST(PointwiseAttention, GivesNoGradientToWhatAsksForNone) {
  auto in = inputs_of({4, 4, 2}, at::kFloat);
  in[1] = in[1].detach();
  const at::Tensor loss = attention(in[0], in[1], in[2], {.form = Form::relu}).square().sum();
  for (const bool create_graph : {true, false}) {
    for (const at::Tensor& gradient :
         torch::autograd::grad({loss}, {in[0], in[2]}, {}, true, create_graph)) {
      EXPECT_TRUE(gradient.defined());
    }
  }
}

TEST(PointwiseAttention, DropsWeights) {
  const auto in = inputs_of({6, 6, 4}, at::kFloat);
  AttentionOptions options = {.form = Form::sigmoid};
  const at::Tensor kept = attention(in[0], in[1], in[2], options);
  options.dropout = 0.5;
  EXPECT_FALSE(at::allclose(attention(in[0], in[1], in[2], options), kept));
}

TEST(PointwiseAttention, DividesByTheRootOfTheHeadUnlessToldOtherwise) {
  const at::Tensor x = random({1, 2, 6, 4}, 4);
  EXPECT_TRUE(at::allclose(attention(x, x, x, {.form = Form::identity, .alpha = 0}),
                           attention(x, x, x, {.scale = 0.5, .form = Form::identity, .alpha = 0})));
  EXPECT_THROW(weights_of(x, Form::softmax), std::invalid_argument);
}

// Whichever of them this machine would not choose included.
TEST(PointwiseAttention, LoopsOfAllInstructionSetsAgree) {
  std::vector<const AttentionLoops*> sets = {&baseline_attention_loops()};
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx2")) sets.push_back(&avx2_attention_loops());
  if (__builtin_cpu_supports("avx512dq")) sets.push_back(&avx512_attention_loops());
#endif
  const at::Tensor scores = at::linspace(-30, 30, 4 * kLane, at::kFloat);
  for (std::size_t set = 0; set < sets.size(); ++set) {
    SCOPED_TRACE(set);
    for (int form = 0; form < kPointwiseForms; ++form) {
      SCOPED_TRACE(to_string(kForms[form]));
      const at::Tensor z = scores.to(at::kDouble).requires_grad_(true);
      const at::Tensor value = weights_of(z, kForms[form]);
      const at::Tensor slope = torch::autograd::grad({value.sum()}, {z})[0];
      at::Tensor found = scores.clone(), again = scores.clone(), slopes = at::ones_like(scores);
      sets[set]->apply[form](found.data_ptr<float>(), found.numel());
      sets[set]->apply_slopes[form](again.data_ptr<float>(), slopes.data_ptr<float>(),
                                    again.numel());
      EXPECT_TRUE(at::allclose(found.to(at::kDouble), value.detach(), 2e-6, 1e-7));
      EXPECT_TRUE(at::equal(again, found));
      EXPECT_TRUE(at::allclose(slopes.to(at::kDouble), slope, 2e-6, 1e-6));
    }
    const at::Tensor left = random({13, 23}, 30, at::kFloat),
                     right = random({23, 5 * kLane}, 31, at::kFloat);
    at::Tensor out = at::ones({13, 5 * kLane}, at::kFloat);
    const at::Tensor turned = left.t().contiguous();
    for (const bool add : {false, true}) {
      sets[set]->multiply({13, 5 * kLane, 23, turned.data_ptr<float>(), 1, 13,
                           right.data_ptr<float>(), 5 * kLane, out.data_ptr<float>(), 5 * kLane,
                           add});
    }
    EXPECT_LT(relative_error(out, 2 * left.to(at::kDouble).matmul(right.to(at::kDouble))), 1e-6);
  }
}

}  // namespace
}  // namespace timetrial::nn
