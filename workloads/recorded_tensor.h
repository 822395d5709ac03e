#pragma once
// Tensors as records of metrics hold them: nested lists of numbers.

#include <ATen/core/Tensor.h>

#include <nlohmann/json_fwd.hpp>

namespace timetrial::workloads {

/// [[1, 2, 3], [4, 5, 6]] as a float32 tensor [2, 3]; a number alone as a scalar. Throws InputError
/// when lists beside one another have different lengths, nlohmann::json's exceptions when something
/// else than a number is in them.
at::Tensor recorded_tensor(const nlohmann::json& nested);

}  // namespace timetrial::workloads
