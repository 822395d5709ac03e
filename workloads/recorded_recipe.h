#pragma once
// Test values from a recipe, for records that name it and not the values: a fixed integer hash of
// the flat index i, exact on every platform. All integers modulo 2^32:
//
//   x = i + 0x9E3779B9 * (k + 1)
//   x ^= x >> 16;  x *= 0x85EBCA6B;  x ^= x >> 13;  x *= 0xC2B2AE35;  x ^= x >> 16
//   value = float32(offset + scale * (x / 2^31 - 1))

#include <ATen/core/Tensor.h>

#include <nlohmann/json_fwd.hpp>

namespace timetrial::workloads {

/// The float32 tensor of {"shape": …, "k": …, "offset": …, "scale": …}. What the recipe lacks
/// throws nlohmann::json's exceptions.
at::Tensor recorded_recipe(const nlohmann::json& recipe);

}  // namespace timetrial::workloads
