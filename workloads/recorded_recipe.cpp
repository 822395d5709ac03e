#include "workloads/recorded_recipe.h"

#include <ATen/ops/empty.h>
#include <nlohmann/json.hpp>

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
  const auto shape = recipe.at("shape").get<std::vector<std::int64_t>>();
  const auto k = recipe.at("k").get<std::uint32_t>();
  if (recipe.value("kind", "float") == "int") {
    return recipe_integers(shape, k, recipe.at("low"), recipe.at("n_values"));
  }
  return recipe_tensor(shape, k, recipe.at("offset"), recipe.at("scale"));
}

at::Tensor recipe_tensor(const std::vector<std::int64_t>& shape, std::uint32_t k, double offset,
                         double scale) {
  const at::Tensor tensor = at::empty(shape, at::kFloat);
  auto* out = tensor.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i) {
    const double unit = hash(static_cast<std::uint32_t>(i), k) / 2147483648.0 - 1;
    out[i] = static_cast<float>(offset + scale * unit);
  }
  return tensor;
}

at::Tensor recipe_integers(const std::vector<std::int64_t>& shape, std::uint32_t k,
                           std::int64_t low, std::int64_t count) {
  const at::Tensor tensor = at::empty(shape, at::kLong);
  auto* out = tensor.mutable_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i) {
    const double fraction = hash(static_cast<std::uint32_t>(i), k) / 4294967296.0;
    out[i] = low + static_cast<std::int64_t>(fraction * static_cast<double>(count));
  }
  return tensor;
}

}  // namespace timetrial::workloads
