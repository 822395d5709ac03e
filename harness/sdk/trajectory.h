#pragma once
// A recorded run of an optimizer on the fixture network, and how far a submission is from it.
//
// F.safetensors  inputs [K, B, 6], targets [K, B, 4]: one batch a step; init.P: parameter P
//                before the first step; expected.P [K, …]: after each step, as evaluated. All
//                float32.
// F.json         {"algorithm": text, "hyperparameters": {name: number},
//                 "relative_tolerance": number, "schedule": "constant"}; other keys are remarks

#include "harness/sdk/check.h"
#include "harness/sdk/rehearsal.h"

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace timetrial::sdk {

struct Trajectory {
  std::string name;  ///< the file's, without extension
  Problem problem;
  std::int64_t steps = 0;
  double relative_tolerance = 0;
  std::map<std::string, at::Tensor> expected;  ///< by parameter, [steps, …]
};

/// `file` is either of the two. Throws InputError naming file, tensor or key, and what was
/// expected.
Trajectory read_trajectory(const std::filesystem::path& file);

/// One result per parameter, in the model's order.
std::vector<CheckResult> follow(const Trajectory& trajectory, const SubmissionLibrary& library);

}  // namespace timetrial::sdk
