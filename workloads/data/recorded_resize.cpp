// How a record of TensorFlow's bicubic resize is compared.
#include "workloads/data/image_resize.h"
#include "workloads/recorded_metric.h"
#include "workloads/recorded_tensor.h"

#include <nlohmann/json.hpp>

#include <limits>

namespace timetrial::data {
namespace {

// Of values up to 255 in float32; another kernel or border differs by whole units.
constexpr double kTolerance = 1e-3;

std::vector<CheckResult> check(const nlohmann::json& record, const std::filesystem::path&) {
  const at::Tensor image = workloads::recorded_tensor(record.at("image_uint8_hwc")).to(at::kByte);
  const at::Tensor expected = workloads::recorded_tensor(record.at("resized"));
  const at::Tensor found =
      resize_bicubic_tensorflow(image, record.at("out_size").at(0).get<std::int64_t>(),
                                record.at("out_size").at(1).get<std::int64_t>());
  const double error = found.sizes() == expected.sizes()
                           ? (found - expected).abs().max().item<double>()
                           : std::numeric_limits<double>::infinity();
  return {workloads::compared("resized", error, kTolerance)};
}

}  // namespace

TIMETRIAL_RECORDED_METRIC("tf_bicubic_resize", check, "image_uint8_hwc", "out_size");

}  // namespace timetrial::data
