// What stabilises Adagrad in the ranking literature, on which tensors it acts, against formulas
// written out: AGC, LAMB's scaling, clipping by the global norm, TensorFlow Recommenders' Clippy.
#include "tests/submissions/altered_network.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/minimum.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace timetrial::sdk {
namespace {

using Point = std::map<std::string, double>;
using Tensors = std::vector<at::Tensor>;

/// Weights before and after a first step, and the gradient of its batch, in double precision.
struct FirstStep {
  Tensors before, gradients, after;

  at::Tensor moved(std::size_t i) const { return after[i] - before[i]; }
};

FirstStep first_step(const std::string& submission, const Point& point,
                     const Alterations& alterations = {}) {
  Problem problem;
  problem.workload = std::make_unique<AlteredNetwork>(alterations);
  problem.data = make_synthetic_data(1000, 1);
  problem.point = Hyperparameters(point);
  problem.data_order = DataOrder::stored;
  problem.batch_size = 50;
  const SubmissionLibrary file(SUBMISSIONS_DIR "/" + submission + ".so");
  Rehearsal rehearsal(file, problem);
  auto& training = rehearsal.training();
  std::vector<std::int64_t> examples;
  for (std::int64_t i = 0; i < 50; ++i) examples.push_back(i);
  const auto to_double = [](Tensors tensors) {
    for (auto& tensor : tensors) tensor = tensor.to(at::kDouble);
    return tensors;
  };
  FirstStep step;
  step.before = to_double(rehearsal.weights());
  step.gradients = to_double(
      training.gradients(training.mean_loss(training.batches().examples(examples)), false));
  rehearsal.step();
  step.after = to_double(rehearsal.weights());
  return step;
}

/// Adagrad's first step at rate 1 with sums that begin at 0.1.
at::Tensor direction(const at::Tensor& gradient) {
  return gradient / ((gradient * gradient + 0.1).sqrt() + 1e-10);
}

void expect_close(const at::Tensor& found, const at::Tensor& expected) {
  EXPECT_TRUE(at::allclose(found, expected, 1e-4, 1e-7))
      << "off by " << (found - expected).abs().max().item<double>();
}

const Alterations kTable{.types = {{"w2", ParameterType::embedding}}};
constexpr double kRate = 0.2;

TEST(Adagrad, StartsItsSumsAsTensorFlowDoesIfAsked) {
  const auto step = first_step("adagrad", {{"learning_rate", kRate}, {"initial_accumulator", 0.1}});
  for (std::size_t i = 0; i < step.before.size(); ++i) {
    expect_close(step.moved(i), -kRate * direction(step.gradients[i]));
  }
}

TEST(Adagrad, ClipsTheNormOfDenseGradientsAloneIfAsked) {
  const auto norm_of = [](const FirstStep& step, bool with_table) {
    double square = 0;
    for (std::size_t i = 0; i < step.gradients.size(); ++i) {
      if (with_table || i != 2) square += step.gradients[i].square().sum().item<double>();
    }
    return std::sqrt(square);
  };
  for (const bool with_table : {true, false}) {
    SCOPED_TRACE(with_table);
    const auto step = first_step("adagrad",
                                 {{"learning_rate", kRate},
                                  {"initial_accumulator", 0.1},
                                  {"grad_clip", 0.1},
                                  {"grad_clip_embeddings", with_table ? 1.0 : 0.0}},
                                 kTable);
    const double factor = 0.1 / norm_of(step, with_table);
    ASSERT_LT(factor, 1);
    for (std::size_t i = 0; i < step.before.size(); ++i) {
      const double own = i == 2 && !with_table ? 1 : factor;
      expect_close(step.moved(i), -kRate * direction(own * step.gradients[i]));
    }
  }
}

/// AGC by the formula, units in rows.
at::Tensor clipped(const at::Tensor& weight, const at::Tensor& gradient, bool by_tensor) {
  const auto lengths = [&](const at::Tensor& x) {
    return by_tensor ? x.square().sum().sqrt() : x.square().sum(1, true).sqrt();
  };
  return gradient * (0.02 * lengths(weight).clamp_min(1e-3) / lengths(gradient)).clamp_max(1);
}

TEST(AgcAdagrad, ClipsMatricesByUnitOrByTensorBeforeAdagrad) {
  for (const bool by_tensor : {false, true}) {
    SCOPED_TRACE(by_tensor);
    const auto step = first_step(
        "agc_adagrad",
        {{"learning_rate", kRate}, {"clip", 0.02}, {"clip_scope", by_tensor ? 1.0 : 0.0}});
    for (const std::size_t i : {0U, 2U}) {
      const auto gradient = clipped(step.before[i], step.gradients[i], by_tensor);
      ASSERT_LT(gradient.norm().item<double>(), step.gradients[i].norm().item<double>());
      expect_close(step.moved(i), -kRate * direction(gradient));
    }
    for (const std::size_t i : {1U, 3U}) {
      expect_close(step.moved(i), -kRate * direction(step.gradients[i]));
    }
  }
}

TEST(AgcAdagrad, ClipsVectorsAndTablesIfAsked) {
  const Point point{{"learning_rate", kRate}, {"clip", 0.02}};
  auto all = point;
  all.insert({{"clip_vectors", 1}, {"clip_embeddings", 1}});
  const auto plain = first_step("agc_adagrad", point, kTable),
             asked = first_step("agc_adagrad", all, kTable);
  expect_close(plain.moved(2), -kRate * direction(plain.gradients[2]));
  expect_close(asked.moved(2),
               -kRate * direction(clipped(asked.before[2], asked.gradients[2], false)));
  for (const std::size_t i : {1U, 3U}) {
    const auto gradient = clipped(asked.before[i], asked.gradients[i], /*by_tensor=*/true);
    expect_close(asked.moved(i), -kRate * direction(gradient));
    expect_close(plain.moved(i), -kRate * direction(plain.gradients[i]));
  }
}

TEST(LambAdagrad, StepsAsFarAsTheWeightsAreLong) {
  for (const bool tables_too : {false, true}) {
    SCOPED_TRACE(tables_too);
    const auto step = first_step(
        "lamb_adagrad", {{"learning_rate", kRate}, {"scale_embeddings", tables_too ? 1.0 : 0.0}},
        kTable);
    for (std::size_t i = 0; i < step.before.size(); ++i) {
      const auto r = direction(step.gradients[i]);
      const double length = step.before[i].norm().item<double>();
      const bool scaled = (i != 2 || tables_too) && length > 0;
      expect_close(step.moved(i), -kRate * (scaled ? length / r.norm() : at::ones({})) * r);
    }
    EXPECT_NEAR(step.moved(0).norm().item<double>(), kRate * step.before[0].norm().item<double>(),
                1e-5);
  }
}

// TensorFlow Recommenders' defaults: the root of the sum before the gradient joins it, epsilon
// inside.
TEST(ClippyAdagrad, HasTensorFlowRecommendersFormWithItsNumbers) {
  const auto step = first_step("clippy_adagrad", {{"learning_rate", kRate},
                                                  {"published_form", 1},
                                                  {"lambda_rel", 0.1},
                                                  {"lambda_acc", 0.003},
                                                  {"lambda_abs", 1e-7},
                                                  {"epsilon", 1e-7},
                                                  {"initial_accumulator", 0.1}});
  const double inverse_root = 1 / std::sqrt(0.1 + 1e-7);
  for (std::size_t i = 0; i < step.before.size(); ++i) {
    const auto wanted = kRate * step.gradients[i] * inverse_root;
    const auto allowed = 0.1 * step.before[i].abs() + 0.003 * inverse_root + 1e-7;
    const double factor = std::min(1.0, (allowed / wanted.abs()).min().item<double>());
    expect_close(step.moved(i), -factor * wanted);
  }
}

}  // namespace
}  // namespace timetrial::sdk
