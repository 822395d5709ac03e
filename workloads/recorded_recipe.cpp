#include "workloads/recorded_recipe.h"

#include <ATen/ops/empty.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <vector>

namespace timetrial::workloads {
namespace {

std::uint32_t hash(std::uint32_t index, std::uint32_t k) {
  std::uint32_t x = index + 0x9E3779B9u * (k + 1);
  x ^= x >> 16;
  x *= 0x85EBCA6Bu;
  x ^= x >> 13;
  x *= 0xC2B2AE35u;
  return x ^ x >> 16;
}

}  // namespace

at::Tensor recorded_recipe(const nlohmann::json& recipe) {
  const auto k = recipe.at("k").get<std::uint32_t>();
  const auto offset = recipe.at("offset").get<double>(), scale = recipe.at("scale").get<double>();
  const at::Tensor tensor =
      at::empty(recipe.at("shape").get<std::vector<std::int64_t>>(), at::kFloat);
  auto* out = tensor.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i) {
    const double unit = hash(static_cast<std::uint32_t>(i), k) / 2147483648.0 - 1;
    out[i] = static_cast<float>(offset + scale * unit);
  }
  return tensor;
}

}  // namespace timetrial::workloads
