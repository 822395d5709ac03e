// What submissions say they divide the gradient by, and the thresholds of stability.
#include "harness/sdk/fixture_network.h"
#include "harness/sdk/rehearsal.h"
#include "tests/submissions/built_in.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>
#include <timetrial/stability_threshold.h>
#include <timetrial/update_rules.h>

#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace timetrial::submissions_test {
namespace {

using Values = std::map<std::string, double>;
constexpr double kRate = 0.01, kBeta = 0.9;

/// One update of a weight w with the gradient g and a preconditioner that does not move.
using FrozenUpdate =
    std::function<void(std::vector<at::Tensor>& w, std::vector<at::Tensor>& g,
                       std::vector<at::Tensor>& m, std::vector<at::Tensor>& second)>;

/// How far a weight gets on the quadratic of curvature c, from 1e-8.
double growth(const FrozenUpdate& update, double c, double second) {
  const at::NoGradGuard no_grad;
  const auto scalar = [](double value) {
    return std::vector<at::Tensor>{at::full({1}, value, at::kDouble)};
  };
  constexpr double kStart = 1e-8;
  auto w = scalar(kStart), m = scalar(0), state = scalar(second);
  double largest_late = 0;
  constexpr int kSteps = 3000;
  for (int i = 0; i < kSteps; ++i) {
    auto g = scalar(c * w[0].item<double>());
    update(w, g, m, state);
    const double size = std::abs(w[0].item<double>()) / kStart;
    if (size > 100) return size;
    if (i > kSteps - 50) largest_late = std::max(largest_late, size);
  }
  return largest_late;
}

// The rules themselves, with P frozen by second moments that forget nothing and gradients that are
// nothing beside them.
TEST(StabilityThreshold, IsWhereTheRulesBeginToDiverge) {
  constexpr std::int64_t kMany = 1'000'000'000'000'000;  // updates: no bias is left
  constexpr double kKept = 1 - 1e-13, kSecond = 4, kRoot = 2;
  const AdamUpdate adam{kRate, kBeta, kKept, 1e-30, 0}, plain{kRate, 0, kKept, 1e-30, 0};
  struct Case {
    const char* what;
    FrozenUpdate update;
    double threshold, divisor;
  };
  const auto momentum = [](double beta, bool nesterov) -> FrozenUpdate {
    return [=](auto& w, auto& g, auto& m, auto&) {
      momentum_update(w, g, m, {.rate = kRate, .momentum = beta, .nesterov = nesterov});
    };
  };
  const Case cases[] = {
      {"gradient descent", momentum(0, false), heavy_ball_threshold(kRate, 0), 1},
      {"heavy ball", momentum(kBeta, false), heavy_ball_threshold(kRate, kBeta), 1},
      {"Nesterov", momentum(kBeta, true), nesterov_threshold(kRate, kBeta), 1},
      {"Adam", [&](auto& w, auto& g, auto& m, auto& v) { adamw_update(w, g, m, v, {kMany}, adam); },
       averaged_threshold(kRate, kBeta), kRoot},
      {"Adam without momentum",
       [&](auto& w, auto& g, auto& m, auto& v) { adamw_update(w, g, m, v, {kMany}, plain); },
       averaged_threshold(kRate, 0), kRoot},
      {"NAdamW",
       [&](auto& w, auto& g, auto& m, auto& v) { nadamw_update(w, g, m, v, {kMany}, adam); },
       averaged_nesterov_threshold(kRate, kBeta), kRoot},
      {"RMSprop",
       [&](auto& w, auto& g, auto&, auto& v) {
         rmsprop_update(w, g, v, {}, {.rate = kRate, .alpha = kKept, .epsilon = 1e-30});
       },
       heavy_ball_threshold(kRate, 0), kRoot},
      {"RMSprop with momentum",
       [&](auto& w, auto& g, auto& m, auto& v) {
         rmsprop_update(w, g, v, m,
                        {.rate = kRate, .alpha = kKept, .epsilon = 1e-30, .momentum = kBeta});
       },
       heavy_ball_threshold(kRate, kBeta), kRoot},
      {"Adagrad",
       [&](auto& w, auto& g, auto&, auto& v) {
         adagrad_update(w, g, v, {.rate = kRate, .epsilon = 1e-30});
       },
       heavy_ball_threshold(kRate, 0), kRoot},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.what);
    const double c = test.threshold * test.divisor;
    EXPECT_LT(growth(test.update, 0.98 * c, kSecond), 0.5);
    EXPECT_GT(growth(test.update, 1.02 * c, kSecond), 100);
  }
  // As the table of section 10 has them at the usual values.
  EXPECT_NEAR(averaged_threshold(1, 0.9), 38, 1e-9);
  EXPECT_NEAR(heavy_ball_threshold(1, 0.9), 3.8, 1e-9);
  EXPECT_NEAR(nesterov_threshold(1, 0.9), 1.357, 1e-3);
  EXPECT_NEAR(averaged_nesterov_threshold(1, 0.9), 13.57, 1e-2);
}

/// A submission at work on the fixture network, every batch of which is the whole data.
struct AtWork {
  AtWork(const std::string& name, Values values) : file(library(name)) {
    values.emplace("learning_rate", kRate);
    problem.workload = sdk::make_fixture_network(/*unused_parameter=*/true);
    problem.data = sdk::make_synthetic_data(16, 3);
    problem.batch_size = 16;
    problem.point = Hyperparameters(values);
    rehearsal.emplace(file, problem);
  }
  std::optional<Preconditioner> preconditioner() {
    return rehearsal->submission().preconditioner(rehearsal->training());
  }
  std::vector<at::Tensor> gradients() {
    std::vector<std::int64_t> all(16);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
    auto& training = rehearsal->training();
    auto found = training.gradients(training.mean_loss(training.batches().examples(all)), false);
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (!found[i].defined()) found[i] = at::zeros_like(training.parameters()[i].tensor);
    }
    return found;
  }
  sdk::SubmissionLibrary file;
  sdk::Problem problem;
  std::optional<sdk::Rehearsal> rehearsal;
};

struct Division {
  std::string name;
  Values values;
  double tolerance = 1e-3;
};

// Without momentum an update is rate P^-1 g, so P can be read off a step.
TEST(Preconditioner, IsWhatTheLastStepDividedBy) {
  const Division cases[] = {
      {"momentum", {{"momentum", 0}}},
      {"nesterov", {{"momentum", 0}}},
      {"adamw", {{"beta1", 0}}},
      {"adamw", {{"beta1", 0}, {"epsilon", 0.1}, {"hidden_rate_factor", 0.25}}},
      {"nadamw", {{"beta1", 0}, {"beta2", 0.9}}},
      {"rmsprop", {{"epsilon", 0.01}}},
      {"adagrad", {}},
      {"adagrad", {{"initial_accumulator", 0.1}}},
      {"clippy_adagrad", {{"learning_rate", 0.5}, {"lambda_rel", 0.01}, {"lambda_abs", 0.001}}},
      {"clippy_adagrad", {{"lambda_rel", 0.01}, {"lambda_abs", 0.001}, {"scope", 1}}},
      // The rate is so small that the weights before the step are those after it.
      {"lamb", {{"beta1", 0}, {"learning_rate", 1e-5}}, 1e-2},
      {"adafactor", {{"beta1", 0}, {"hidden_rate_factor", 0.5}}},
  };
  for (const auto& [name, values, tolerance] : cases) {
    SCOPED_TRACE(name);
    AtWork work(name, values);
    if (name != "momentum" && name != "nesterov") {
      EXPECT_FALSE(work.preconditioner()) << "nothing was divided yet";
    }
    for (int i = 0; i < 3; ++i) work.rehearsal->step();
    const auto gradients = work.gradients();
    const auto before = work.rehearsal->weights();
    work.rehearsal->step();
    const auto after = work.rehearsal->weights();
    const auto preconditioner = work.preconditioner();
    ASSERT_TRUE(preconditioner);
    const double rate = values.contains("learning_rate") ? values.at("learning_rate") : kRate;
    EXPECT_NEAR(preconditioner->threshold * rate, 2, 1e-9);
    const at::NoGradGuard no_grad;
    const auto divided = preconditioner->inverse_root(preconditioner->inverse_root(gradients));
    for (std::size_t i = 0; i < before.size(); ++i) {
      const at::Tensor step = before[i].sub(after[i]);
      const double error = step.sub(divided[i], rate).norm().item<double>();
      EXPECT_LE(error, tolerance * step.norm().item<double>() + 1e-7) << i;
    }
  }
}

TEST(Preconditioner, HasTheThresholdOfItsMomentum) {
  struct Case {
    std::string name;
    Values values;
    double threshold;  // times the rate
  };
  for (const auto& [name, values, threshold] :
       {Case{"momentum", {}, 3.8}, Case{"nesterov", {}, 3.8 / 2.8}, Case{"adamw", {}, 38},
        Case{"adamw", {{"beta1", 0.5}}, 6}, Case{"nadamw", {}, 38 / 2.8},
        Case{"rmsprop", {{"momentum", 0.5}}, 3}, Case{"adagrad", {}, 2},
        Case{"clippy_adagrad", {}, 2}, Case{"lamb", {}, 38}, Case{"adafactor", {}, 38}}) {
    SCOPED_TRACE(name);
    AtWork work(name, values);
    for (int i = 0; i < 2; ++i) work.rehearsal->step();
    const auto preconditioner = work.preconditioner();
    ASSERT_TRUE(preconditioner);
    EXPECT_NEAR(preconditioner->threshold * kRate, threshold, 1e-9);
  }
  // No threshold is agreed on for these.
  for (const std::string name : {"lion", "muon"}) {
    AtWork work(name, {});
    work.rehearsal->step();
    EXPECT_FALSE(work.preconditioner()) << name;
  }
}

// With the schedule's end the rate of the next update is 0, and no curvature is too much.
TEST(Preconditioner, GoesByTheRateOfTheNextUpdate) {
  AtWork work("adamw", {{"decay_steps_factor", 1}, {"warmup_factor", 0.5}});
  work.rehearsal->step();
  const double next = work.preconditioner()->threshold;
  work.rehearsal->step();
  EXPECT_LT(work.preconditioner()->threshold, next) << "the rate still rises";
}

}  // namespace
}  // namespace timetrial::submissions_test
