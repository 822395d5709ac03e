#pragma once
// Built-in submissions on the network that recorded trajectories have.

#include "built_in.h"
#include "harness/sdk/fixture_network.h"
#include "harness/sdk/rehearsal.h"

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace timetrial::submissions_test {

using Point = std::map<std::string, double>;

inline sdk::Problem problem(const Point& point) {
  sdk::Problem result;
  result.workload = sdk::make_fixture_network(/*unused_parameter=*/false);
  result.data = sdk::make_synthetic_data(1000, 1);
  result.point = Hyperparameters(point);
  return result;
}

/// The message that init refuses the point with.
inline std::string refusal(const std::string& name, const Point& point) {
  const auto tried = problem(point);
  const sdk::SubmissionLibrary file(library(name));
  try {
    sdk::Rehearsal rehearsal(file, tried);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

/// The weights after some updates.
inline std::vector<at::Tensor> trained(const std::string& name, const Point& point, int updates) {
  const auto tried = problem(point);
  const sdk::SubmissionLibrary file(library(name));
  sdk::Rehearsal rehearsal(file, tried);
  for (int i = 0; i < updates; ++i) rehearsal.step();
  return rehearsal.weights();
}

}  // namespace timetrial::submissions_test
