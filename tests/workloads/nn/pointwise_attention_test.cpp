#include "workloads/nn/pointwise_attention.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

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

TEST(PointwiseAttention, DividesByTheRootOfTheHeadUnlessToldOtherwise) {
  const at::Tensor x = random({1, 2, 6, 4}, 4);
  EXPECT_TRUE(at::allclose(attention(x, x, x, {.form = Form::identity, .alpha = 0}),
                           attention(x, x, x, {.scale = 0.5, .form = Form::identity, .alpha = 0})));
}

TEST(PointwiseAttention, IsNotSoftmax) {
  EXPECT_THROW(weights_of(at::zeros({1}), Form::softmax), std::invalid_argument);
}

}  // namespace
}  // namespace timetrial::nn
