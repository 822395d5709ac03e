#pragma once
// AlgoPerf's loss functions on recorded logits (metric_loss_functions.json). Each is the loss of a
// workload, and asked for through it, with the batch that the workload would be given; so this
// stands above all families.
//
//   {"softmax_cross_entropy": {"logits", "hard_targets", "soft_targets", "mask", "hard": RESULT,
//   …},
//    "criteo_bce": {"logits", "targets", "weights", "result": RESULT}, …}
//   RESULT  {"per_example": […], "summed": x, "n_valid_examples": n}

#include "harness/trial/check_result.h"

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <vector>

namespace timetrial::conformance {

/// A workloads::RecordedCheck. Relative errors of values per example and of their sum; the number
/// of valid examples has to be equal. Keys that the record lacks are left out.
std::vector<CheckResult> check_losses(const nlohmann::json& record,
                                      const std::filesystem::path& file);

}  // namespace timetrial::conformance
