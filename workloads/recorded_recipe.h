#pragma once
// Test values from a recipe, for records that name it and not the values: a fixed integer hash of
// the flat index i, exact on every platform. All integers modulo 2^32:
//
//   x = i + 0x9E3779B9 * (k + 1)
//   x ^= x >> 16;  x *= 0x85EBCA6B;  x ^= x >> 13;  x *= 0xC2B2AE35;  x ^= x >> 16
//   value = float32(offset + scale * (x / 2^31 - 1)), or int64 low + floor(x / 2^32 * n_values)

#include <ATen/core/Tensor.h>

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <vector>

namespace timetrial::workloads {

/// The tensor of {"shape": …, "k": …, "offset": …, "scale": …}, float32, or of {"kind": "int",
/// "shape": …, "k": …, "low": …, "n_values": …}, int64. What the recipe lacks throws
/// nlohmann::json's exceptions.
at::Tensor recorded_recipe(const nlohmann::json& recipe);

/// The same from C++.
at::Tensor recipe_tensor(const std::vector<std::int64_t>& shape, std::uint32_t k, double offset,
                         double scale);
at::Tensor recipe_integers(const std::vector<std::int64_t>& shape, std::uint32_t k,
                           std::int64_t low, std::int64_t count);

}  // namespace timetrial::workloads
