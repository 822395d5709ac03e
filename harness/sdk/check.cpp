#include "harness/sdk/check.h"

#include "harness/sdk/fixture_network.h"
#include "harness/sdk/rehearsal.h"
#include "harness/sdk/trajectory.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace timetrial::sdk {
namespace {

constexpr std::int64_t kSteps = 20;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Problem synthetic_problem(const std::map<std::string, double>& point, bool unused_parameter) {
  Problem problem;
  problem.workload = make_fixture_network(unused_parameter);
  // No multiple of usual batch sizes, so that batches span passes.
  problem.data = make_synthetic_data(1000, /*seed=*/1);
  problem.point = Hyperparameters(point);
  return problem;
}

bool equal_bits(const at::Tensor& a, const at::Tensor& b) {
  return a.nbytes() == b.nbytes() &&
         std::memcmp(a.const_data_ptr(), b.const_data_ptr(), a.nbytes()) == 0;
}

/// Compares bit for bit; the error is the largest absolute difference.
CheckResult compare(const std::vector<at::Tensor>& actual,
                    const std::vector<at::Tensor>& expected) {
  CheckResult result{.passed = true};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (equal_bits(actual[i], expected[i])) continue;
    result.passed = false;
    const double difference = (actual[i] - expected[i]).abs().max().item<double>();
    result.error = std::max(result.error, std::isnan(difference) ? kInfinity : difference);
  }
  return result;
}

void run_steps(Rehearsal& rehearsal, std::int64_t steps) {
  for (std::int64_t i = 0; i < steps; ++i) rehearsal.step();
}

std::vector<at::Tensor> weights_after(const SubmissionLibrary& library, const Problem& problem,
                                      std::int64_t steps) {
  Rehearsal rehearsal(library, problem);
  run_steps(rehearsal, steps);
  return rehearsal.weights();
}

CheckResult check_batch_size(const SubmissionLibrary& library, const Problem& problem) {
  const auto size = library.create()->batch_size(fixture_info(problem));
  return {.passed = size >= 1, .detail = fmt::format("{} examples", size)};
}

CheckResult check_steps(const SubmissionLibrary& library, const Problem& problem) {
  Rehearsal rehearsal(library, problem);
  const auto before = rehearsal.weights();
  run_steps(rehearsal, kSteps);
  double largest_gradient = 0;
  for (const auto& parameter : rehearsal.training().parameters()) {
    const auto& gradient = parameter.tensor.grad();
    if (!gradient.defined()) continue;
    largest_gradient = std::max(largest_gradient, gradient.abs().max().item<double>());
  }
  const auto after = rehearsal.weights();
  const bool finite = std::all_of(after.begin(), after.end(), [](const at::Tensor& weight) {
    return weight.isfinite().all().item<bool>();
  });
  if (!finite) return {.error = kInfinity, .detail = "a parameter is not finite"};
  if (compare(after, before).passed) return {.error = kInfinity, .detail = "no parameter changed"};
  // A gradient that stays would be added to the next step's.
  return {.passed = largest_gradient == 0,
          .error = largest_gradient,
          .detail = largest_gradient == 0 ? "" : "update left gradients behind"};
}

CheckResult check_deterministic(const SubmissionLibrary& library, const Problem& problem) {
  return compare(weights_after(library, problem, kSteps), weights_after(library, problem, kSteps));
}

CheckResult check_save_load(const SubmissionLibrary& library, const Problem& problem) {
  Rehearsal first(library, problem);
  run_steps(first, kSteps / 2);
  first.evaluate();
  const auto saved = first.save();
  Rehearsal second(library, problem);
  second.load(saved);
  for (std::int64_t i = 0; i < kSteps / 2; ++i) {
    first.step();
    second.step();
    auto result = compare(second.weights(), first.weights());
    if (!result.passed) {
      result.detail = fmt::format("step {} after loading differs", i + 1);
      return result;
    }
  }
  return {.passed = true};
}

CheckResult check_neutral_evaluation(const SubmissionLibrary& library, const Problem& problem) {
  Rehearsal evaluated(library, problem), undisturbed(library, problem);
  for (std::int64_t i = 0; i < kSteps; ++i) {
    if (i % 3 == 2) evaluated.evaluate();
    evaluated.step();
    undisturbed.step();
    auto result = compare(evaluated.weights(), undisturbed.weights());
    if (!result.passed) {
      result.detail = fmt::format("step {} differs from a run without evaluations", i + 1);
      return result;
    }
  }
  return {.passed = true};
}

CheckResult check_unreached_parameter(const SubmissionLibrary& library,
                                      const std::map<std::string, double>& point) {
  const auto problem = synthetic_problem(point, /*unused_parameter=*/true);
  const auto weights = weights_after(library, problem, 3);
  const bool finite = weights.back().isfinite().all().item<bool>();
  return {.passed = finite, .detail = finite ? "" : "the parameter is not finite"};
}

}  // namespace

std::vector<CheckResult> check_submission(const CheckOptions& options,
                                          const CheckProgress& progress) {
  at::set_num_threads(1);  // the tensors are tiny
  std::vector<Trajectory> trajectories;
  for (const auto& file : options.trajectories) trajectories.push_back(read_trajectory(file));
  const SubmissionLibrary library(options.library);
  const auto point = options.point.empty() && !trajectories.empty()
                         ? trajectories.front().problem.point.values()
                         : options.point;
  const auto problem = synthetic_problem(point, /*unused_parameter=*/false);

  Checker checker(progress, Checker::BadInput::fails);
  checker.run("loads", [&] {
    const auto submission = library.create();
    return CheckResult{
        .passed = submission != nullptr,
        .detail = fmt::format("{} by {}", library.file().name, library.file().author)};
  });
  checker.run("batch_size", [&] { return check_batch_size(library, problem); });
  checker.run("steps", [&] { return check_steps(library, problem); });
  checker.run("deterministic", [&] { return check_deterministic(library, problem); });
  checker.run("save_load", [&] { return check_save_load(library, problem); });
  checker.run("evaluation_is_neutral", [&] { return check_neutral_evaluation(library, problem); });
  checker.run("unreached_parameter", [&] { return check_unreached_parameter(library, point); });
  for (const auto& trajectory : trajectories) {
    checker.run_all("trajectory " + trajectory.name, [&] { return follow(trajectory, library); });
  }
  return checker.take();
}

}  // namespace timetrial::sdk
