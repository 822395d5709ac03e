#include "harness/sdk/trajectory.h"

#include "harness/jsonfile/recorded_pair.h"
#include "harness/jsonfile/strict_json.h"
#include "harness/sdk/fixture_network.h"
#include "harness/sdk/tensor_bytes.h"
#include "harness/trial/error.h"

#include <ATen/ATen.h>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace timetrial::sdk {
namespace {

namespace fs = std::filesystem;
using Shape = std::vector<std::int64_t>;

/// The tensor, checked: float32 and of this shape, where -1 is any size.
at::Tensor read_tensor(const tensorfile::Reader& file, const std::string& name,
                       const Shape& shape) {
  at::Tensor tensor = tensor_from(file, name);
  const auto sizes = tensor.sizes();
  const bool fits =
      std::equal(sizes.begin(), sizes.end(), shape.begin(), shape.end(),
                 [](std::int64_t have, std::int64_t want) { return want == -1 || have == want; });
  if (fits && tensor.scalar_type() == at::kFloat) return tensor;
  throw InputError(fmt::format("{}: tensor '{}' is {} {}, expected F32 {}", file.file().string(),
                               name, file.info(name).dtype, sizes.vec(), shape));
}

double number(const nlohmann::json& value, const std::string& place) {
  if (value.is_boolean()) return value.get<bool>() ? 1 : 0;
  if (value.is_number()) return value.get<double>();
  throw InputError(place + ": expected a number");
}

void read_sidecar(const fs::path& file, Trajectory& trajectory) {
  const auto json = jsonfile::parse(jsonfile::read_text(file), file.string());
  const auto place = [&](const std::string& key) { return file.string() + ": \"" + key + '"'; };
  if (!json.is_object() || !json.contains("hyperparameters") ||
      !json["hyperparameters"].is_object()) {
    throw InputError(place("hyperparameters") + ": missing or no object of names and numbers");
  }
  std::map<std::string, double> point;
  for (const auto& [name, value] : json["hyperparameters"].items()) {
    point[name] = number(value, place(name));
  }
  trajectory.problem.point = Hyperparameters(point);
  if (!json.contains("relative_tolerance")) {
    throw InputError(place("relative_tolerance") + ": missing; give the largest relative error");
  }
  trajectory.relative_tolerance = number(json["relative_tolerance"], place("relative_tolerance"));
  const auto schedule = json.value("schedule", nlohmann::json("constant"));
  if (schedule != "constant") {
    throw InputError(fmt::format("{}: {} is not known; trajectories have a \"constant\" rate",
                                 place("schedule"), schedule.dump()));
  }
}

/// Largest absolute difference of one step, relative to the largest expected value.
double relative_error(const at::Tensor& actual, const at::Tensor& expected) {
  const double scale = expected.abs().max().item<double>();
  const double difference = (actual - expected).abs().max().item<double>();
  const double error = scale > 0 ? difference / scale : difference;
  return std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
}

}  // namespace

Trajectory read_trajectory(const fs::path& path) {
  Trajectory trajectory;
  trajectory.name = path.stem().string();
  const auto files = jsonfile::recorded_pair(path);
  const tensorfile::Reader file(files.tensors);
  const auto inputs = read_tensor(file, "inputs", {-1, -1, kFixtureInputs});
  trajectory.steps = inputs.size(0);
  auto& problem = trajectory.problem;
  problem.batch_size = inputs.size(1);
  problem.data_order = DataOrder::stored;
  if (trajectory.steps < 1 || problem.batch_size < 1) {
    throw InputError(files.tensors.string() + ": 'inputs' has no steps or no examples");
  }
  const auto targets =
      read_tensor(file, "targets", {trajectory.steps, problem.batch_size, kFixtureOutputs});
  problem.workload = make_fixture_network(/*unused_parameter=*/false);
  problem.data = make_fixture_data(inputs.flatten(0, 1), targets.flatten(0, 1));
  const auto model = problem.workload->make_model(c10::kCPU);
  for (const auto& parameter : model->parameters()) {
    auto shape = parameter.tensor.sizes().vec();
    problem.initial[parameter.name] = read_tensor(file, "init." + parameter.name, shape);
    shape.insert(shape.begin(), trajectory.steps);
    trajectory.expected[parameter.name] = read_tensor(file, "expected." + parameter.name, shape);
  }
  read_sidecar(files.rest, trajectory);
  return trajectory;
}

std::vector<CheckResult> follow(const Trajectory& trajectory, const SubmissionLibrary& library) {
  Rehearsal rehearsal(library, trajectory.problem);
  const auto& parameters = rehearsal.training().parameters();
  std::vector<CheckResult> results;
  for (const auto& parameter : parameters) {
    results.push_back({.name = fmt::format("trajectory {}: {}", trajectory.name, parameter.name),
                       .passed = true,
                       .tolerance = trajectory.relative_tolerance});
  }
  for (std::int64_t k = 0; k < trajectory.steps; ++k) {
    rehearsal.step();
    rehearsal.evaluate();
    const auto weights = rehearsal.weights();
    for (std::size_t i = 0; i < weights.size(); ++i) {
      auto& result = results[i];
      const double error =
          relative_error(weights[i], trajectory.expected.at(parameters[i].name)[k]);
      if (error > result.tolerance && result.passed) {
        result.passed = false;
        result.detail = fmt::format("first beyond the tolerance after step {}", k + 1);
      }
      result.error = std::max(result.error, error);
    }
  }
  return results;
}

}  // namespace timetrial::sdk
