// What submissions record of their steps when they are asked to, against formulas written out.
#include "harness/sdk/local_training.h"
#include "tests/submissions/altered_network.h"

#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

namespace timetrial::sdk {
namespace {

using Point = std::map<std::string, double>;
using Recorded = std::map<std::string, double>;

Problem problem_of(const Point& point, const Alterations& alterations = {}) {
  Problem problem;
  problem.workload = std::make_unique<AlteredNetwork>(alterations);
  problem.data = make_synthetic_data(1000, 1);
  problem.point = Hyperparameters(point);
  return problem;
}

SubmissionLibrary library(const std::string& name) {
  return SubmissionLibrary(SUBMISSIONS_DIR "/" + name + ".so");
}

Recorded take(Rehearsal& rehearsal) {
  rehearsal.evaluate();
  return dynamic_cast<LocalTraining&>(rehearsal.training()).take_recorded();
}

double rms(const at::Tensor& x) { return x.square().mean().sqrt().item<double>(); }

class StepDiagnostics : public testing::TestWithParam<const char*> {};

TEST_P(StepDiagnostics, ChangeNoBitOfTheTraining) {
  const auto file = library(GetParam());
  std::vector<std::vector<at::Tensor>> weights;
  for (const double on : {0, 1}) {
    const auto problem = problem_of({{"learning_rate", 0.1}, {"record_diagnostics", on}});
    Rehearsal rehearsal(file, problem);
    for (int i = 0; i < 6; ++i) rehearsal.step();
    EXPECT_EQ(take(rehearsal).empty(), on == 0);
    EXPECT_TRUE(take(rehearsal).empty()) << "nothing has been done since";
    weights.push_back(rehearsal.weights());
  }
  for (std::size_t i = 0; i < weights[0].size(); ++i) {
    EXPECT_TRUE(at::equal(weights[0][i], weights[1][i]));
  }
}

TEST_P(StepDiagnostics, RecordTheRatioOfUpdatesToWeights) {
  const auto file = library(GetParam());
  const auto problem = problem_of({{"learning_rate", 0.1}, {"record_diagnostics", 1}});
  Rehearsal rehearsal(file, problem);
  constexpr int kSteps = 3;
  std::vector<double> sums(rehearsal.weights().size());
  std::vector<int> counts(sums.size());
  for (int i = 0; i < kSteps; ++i) {
    const auto before = rehearsal.weights();
    rehearsal.step();
    const auto after = rehearsal.weights();
    for (std::size_t p = 0; p < before.size(); ++p) {
      if (rms(before[p]) == 0) continue;
      sums[p] += rms(after[p] - before[p]) / rms(before[p]);
      ++counts[p];
    }
  }
  const auto recorded = take(rehearsal);
  for (std::size_t p = 0; p < sums.size(); ++p) {
    const auto& name = rehearsal.training().parameters()[p].name;
    SCOPED_TRACE(name);
    ASSERT_TRUE(recorded.contains("update_to_weight/" + name));
    const double expected = sums[p] / counts[p];
    EXPECT_NEAR(recorded.at("update_to_weight/" + name), expected, 1e-4 * expected);
  }
}

TEST_P(StepDiagnostics, RefuseAnotherWord) {
  const auto problem = problem_of({{"learning_rate", 0.1}, {"record_diagnostics", 2}});
  const auto file = library(GetParam());
  EXPECT_THROW(Rehearsal(file, problem), std::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(Submissions, StepDiagnostics,
                         testing::Values("adagrad", "agc_adagrad", "clippy_adagrad", "clippy_adamw",
                                         "lamb_adagrad"));

/// Adagrad's step before the rate, from sums that begin at 0.1, in double precision.
struct Directions {
  std::vector<at::Tensor> sums;

  at::Tensor next(std::size_t place, const at::Tensor& gradient) {
    if (sums.size() <= place) sums.resize(place + 1);
    if (!sums[place].defined()) sums[place] = at::full_like(gradient, 0.1);
    sums[place] = sums[place] + gradient * gradient;
    return gradient / (sums[place].sqrt() + 1e-10);
  }
};

/// The least, the mean, and the fraction below 1 of the numbers seen.
struct Seen {
  double least = INFINITY, sum = 0, below_one = 0, count = 0;
  void add(double factor) {
    least = std::min(least, factor);
    sum += factor;
    below_one += factor < 1 ? 1 : 0;
    ++count;
  }
  void expect(const Recorded& recorded, const std::string& what, const std::string& name) const {
    SCOPED_TRACE(name);
    EXPECT_NEAR(recorded.at(what + "/min/" + name), least, 1e-4 * least);
    EXPECT_NEAR(recorded.at(what + "/mean/" + name), sum / count, 1e-4 * sum / count);
    EXPECT_NEAR(recorded.at(what + "/below_one/" + name), below_one / count, 1e-9);
  }
};

/// Calls `see` with place, weight and gradient of each parameter before each of some steps, all in
/// double precision; the batches are those that the steps take, in the order of the examples.
template <typename See>
Recorded record_steps(const std::string& submission, Point point, int steps, const See& see,
                      const Alterations& alterations = {}) {
  point["record_diagnostics"] = 1;
  auto problem = problem_of(point, alterations);
  problem.data_order = DataOrder::stored;
  problem.batch_size = 50;
  const auto file = library(submission);
  Rehearsal rehearsal(file, problem);
  auto& training = rehearsal.training();
  for (int step = 0; step < steps; ++step) {
    std::vector<std::int64_t> examples;
    for (int i = 0; i < 50; ++i) examples.push_back(step * 50 + i);
    const auto gradients = training.gradients(
        training.mean_loss(training.batches().examples(examples)), /*keep_graph=*/false);
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      see(i, rehearsal.weights()[i].to(at::kDouble), gradients[i].to(at::kDouble));
    }
    rehearsal.step();
  }
  return take(rehearsal);
}

const std::vector<std::string> kNames = {"w1", "b1", "w2", "b2"};

TEST(ClipFactors, OfClippyAreTheShareOfTheStepWithinTheBound) {
  Directions directions;
  std::vector<Seen> seen(kNames.size());
  const auto recorded = record_steps(
      "clippy_adagrad", {{"learning_rate", 0.1}, {"lambda_rel", 0.1}, {"lambda_abs", 0.04}}, 20,
      [&](std::size_t i, const at::Tensor& weight, const at::Tensor& gradient) {
        const auto step = 0.1 * directions.next(i, gradient);
        const auto allowed = (0.1 * weight.abs() + 0.04) / step.abs();
        seen[i].add(std::min(1.0, allowed.min().item<double>()));
      });
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    seen[i].expect(recorded, "clip_factor", kNames[i]);
  }
  EXPECT_GT(std::count_if(seen.begin(), seen.end(),
                          [](const Seen& s) { return s.below_one > 0 && s.below_one < s.count; }),
            0)
      << "the fractions say nothing when all are 0 or 1: " << seen[0].below_one << " "
      << seen[1].below_one << " " << seen[2].below_one << " " << seen[3].below_one;
}

TEST(ClipFactors, OfClippyAreOneForTheWholeModelIfAsked) {
  const auto recorded =
      record_steps("clippy_adamw",
                   {{"learning_rate", 0.5}, {"lambda_rel", 0}, {"lambda_abs", 1e-3}, {"scope", 1}},
                   3, [](std::size_t, const at::Tensor&, const at::Tensor&) {});
  for (const auto& name : kNames) {
    EXPECT_EQ(recorded.at("clip_factor/min/" + name), recorded.at("clip_factor/min/w1"));
    EXPECT_EQ(recorded.at("clip_factor/below_one/" + name), 1);
  }
}

TEST(ClipFactors, OfAgcAreThoseOfEveryUnitOrOfTheTensor) {
  for (const int scope : {0, 1}) {
    SCOPED_TRACE(scope);
    std::vector<Seen> seen(kNames.size());
    const auto recorded = record_steps(
        "agc_adagrad",
        {{"learning_rate", 0.05}, {"clip", 0.05}, {"clip_scope", static_cast<double>(scope)}}, 4,
        [&](std::size_t i, const at::Tensor& weight, const at::Tensor& gradient) {
          if (weight.dim() < 2) return;
          const std::int64_t units = scope == 0 ? weight.size(0) : 1;
          for (std::int64_t unit = 0; unit < units; ++unit) {
            const auto w = scope == 0 ? weight[unit] : weight;
            const auto g = scope == 0 ? gradient[unit] : gradient;
            const double length = std::max(1e-3, w.norm().item<double>());
            seen[i].add(std::min(1.0, 0.05 * length / g.norm().item<double>()));
          }
        });
    for (const std::size_t i : {0U, 2U}) seen[i].expect(recorded, "clip_factor", kNames[i]);
    EXPECT_FALSE(recorded.contains("clip_factor/min/b1")) << "no units";
    EXPECT_TRUE(recorded.contains("update_to_weight/b1"));
  }
}

TEST(ClipFactors, OfAdagradAreThoseOfTheGradientsNormIfItIsClipped) {
  std::vector<double> squares(3);
  int step = -1;
  const auto recorded = record_steps(
      "adagrad", {{"learning_rate", 0.05}, {"grad_clip", 0.3}}, 3,
      [&](std::size_t i, const at::Tensor&, const at::Tensor& gradient) {
        if (i == 0) ++step;
        squares.at(static_cast<std::size_t>(step)) += gradient.square().sum().item<double>();
      });
  Seen seen;
  for (const double square : squares) seen.add(std::min(1.0, 0.3 / std::sqrt(square)));
  for (const auto& name : kNames) seen.expect(recorded, "clip_factor", name);
  const auto free = record_steps("adagrad", {{"learning_rate", 0.05}}, 1,
                                 [](std::size_t, const at::Tensor&, const at::Tensor&) {});
  EXPECT_FALSE(free.contains("clip_factor/min/w1"));
}

TEST(TrustRatios, OfLambAreLengthsOfWeightsOverLengthsOfSteps) {
  Directions directions;
  std::vector<Seen> seen(kNames.size());
  const Alterations table{.types = {{"w2", ParameterType::embedding}}};
  const auto recorded = record_steps(
      "lamb_adagrad", {{"learning_rate", 0.05}}, 4,
      [&](std::size_t i, const at::Tensor& weight, const at::Tensor& gradient) {
        const double length = weight.norm().item<double>();
        const auto direction = directions.next(i, gradient);
        const bool scaled = i != 2 && length > 0;
        seen[i].add(scaled ? length / direction.norm().item<double>() : 1);
      },
      table);
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    seen[i].expect(recorded, "trust_ratio", kNames[i]);
  }
}

/// 150 vectors of 1, 2, … elements, whose means are added up.
class ManyParameters final : public workloads::Model {
 public:
  ManyParameters() {
    for (std::int64_t i = 0; i < 150; ++i) {
      parameters_.push_back(
          {"p" + std::to_string(i), ParameterType::weight, at::ones({i + 1}).requires_grad_()});
    }
  }
  void initialize(std::uint64_t /*seed*/) override {}
  ModelOutput forward(const Batch& batch, const ForwardOptions& /*options*/) override {
    at::Tensor sum = batch.inputs().slice(/*dim=*/1, 0, kFixtureOutputs);
    for (const auto& parameter : parameters_) sum = sum + parameter.tensor.mean();
    return {.logits = sum};
  }
};

TEST(StepDiagnosticsNames, AreThoseOfTheLargestParametersWhereThereAreMany) {
  const auto file = library("clippy_adagrad");
  const auto problem = problem_of({{"learning_rate", 0.1}, {"record_diagnostics", 1}},
                                  {.model = [] { return std::make_unique<ManyParameters>(); }});
  Rehearsal rehearsal(file, problem);
  rehearsal.step();
  const auto recorded = take(rehearsal);
  EXPECT_EQ(recorded.size(), 512U);
  EXPECT_TRUE(recorded.contains("update_to_weight/p22"));
  EXPECT_FALSE(recorded.contains("update_to_weight/p21"));
}

TEST(StepDiagnosticsNames, FitWhatMayBeRecorded) {
  const std::string beginning(60, 'x'), name = beginning + std::string(60, 'y');
  const auto file = library("clippy_adagrad");
  const auto problem =
      problem_of({{"learning_rate", 0.1}, {"record_diagnostics", 1}}, {.names = {{"w1", name}}});
  Rehearsal rehearsal(file, problem);
  rehearsal.step();
  const auto recorded = take(rehearsal);
  EXPECT_EQ(recorded.size(), 4U * kNames.size());
  EXPECT_TRUE(recorded.contains("clip_factor/min/#0 " + name.substr(120 - 100 + 16 + 3)))
      << testing::PrintToString(recorded);
}

}  // namespace
}  // namespace timetrial::sdk
