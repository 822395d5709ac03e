// How a record of AlgoPerf's fastMRI preprocessing is compared: its draws, mask, images and
// statistics.
#include "workloads/recorded_metric.h"
#include "workloads/recorded_tensor.h"
#include "workloads/unet/fastmri_slice.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace timetrial::unet {
namespace {

// The reference computed in float32, this in float32 with statistics in double; images are of order
// 1, statistics are compared relative to themselves.
constexpr double kTolerance = 1e-5;

double difference(const at::Tensor& found, const at::Tensor& expected) {
  if (found.sizes() != expected.sizes()) return std::numeric_limits<double>::infinity();
  return (found - expected).abs().max().item<double>();
}

std::vector<CheckResult> check_slice(const nlohmann::json& record, const std::filesystem::path&) {
  using workloads::compared;
  const auto tensor = [&](const char* name) { return workloads::recorded_tensor(record.at(name)); };
  const at::Tensor mask = column_mask(tensor("uniform_draws"));
  const Slice slice =
      process(at::complex(tensor("kspace_real"), tensor("kspace_imag")), tensor("target"), mask);
  const double mean = record.at("mean"), std = record.at("std");
  return {compared("mask", difference(mask, tensor("mask")), 0),
          compared("inputs", difference(slice.inputs, tensor("inputs")), kTolerance),
          compared("targets", difference(slice.targets, tensor("targets")), kTolerance),
          compared("mean", std::fabs(slice.mean / mean - 1), kTolerance),
          compared("std", std::fabs(slice.std / std - 1), kTolerance)};
}

}  // namespace

TIMETRIAL_RECORDED_METRIC("fastmri_process", check_slice, "kspace_real", "kspace_imag");

}  // namespace timetrial::unet
