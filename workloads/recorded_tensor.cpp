#include "workloads/recorded_tensor.h"

#include "harness/trial/error.h"

#include <ATen/ops/tensor.h>
#include <nlohmann/json.hpp>

#include <vector>

namespace timetrial::workloads {
namespace {

void collect(const nlohmann::json& nested, std::size_t depth,
             const std::vector<std::int64_t>& shape, std::vector<float>& values) {
  if (depth == shape.size()) {
    values.push_back(nested.get<float>());
    return;
  }
  if (!nested.is_array() || static_cast<std::int64_t>(nested.size()) != shape[depth]) {
    throw InputError("a record's tensor is ragged: expected lists of " +
                     std::to_string(shape[depth]) + " at depth " + std::to_string(depth));
  }
  for (const auto& one : nested) collect(one, depth + 1, shape, values);
}

}  // namespace

at::Tensor recorded_tensor(const nlohmann::json& nested) {
  std::vector<std::int64_t> shape;
  for (const auto* level = &nested; level->is_array(); level = &level->front()) {
    shape.push_back(static_cast<std::int64_t>(level->size()));
    if (level->empty()) break;
  }
  std::vector<float> values;
  collect(nested, 0, shape, values);
  return at::tensor(values).view(shape);
}

}  // namespace timetrial::workloads
