#include "harness/sdk/tensor_bytes.h"

#include "harness/trial/error.h"

#include <ATen/ops/empty.h>
#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>

namespace timetrial::sdk {
namespace {

constexpr struct {
  const char* name;
  c10::ScalarType type;
} kTypes[] = {
    {"F64", at::kDouble}, {"F32", at::kFloat}, {"F16", at::kHalf},  {"BF16", at::kBFloat16},
    {"I64", at::kLong},   {"I32", at::kInt},   {"I16", at::kShort}, {"I8", at::kChar},
    {"U8", at::kByte},    {"BOOL", at::kBool},
};

}  // namespace

tensorfile::TensorView tensor_view(const std::string& name, const at::Tensor& tensor) {
  if (!tensor.is_cpu() || tensor.layout() != at::kStrided || !tensor.is_contiguous()) {
    throw std::invalid_argument(
        fmt::format("tensor '{}' is not a dense tensor in row-major order on the CPU", name));
  }
  const auto* found = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const auto& entry) {
    return entry.type == tensor.scalar_type();
  });
  if (found == std::end(kTypes)) {
    throw std::invalid_argument(fmt::format("tensor '{}' has type {}, which cannot be saved", name,
                                            c10::toString(tensor.scalar_type())));
  }
  const auto* begin = static_cast<const std::byte*>(tensor.const_data_ptr());
  return {name, found->name, tensor.sizes().vec(), {begin, tensor.nbytes()}};
}

at::Tensor tensor_from(const tensorfile::Reader& file, const std::string& name) {
  const auto& info = file.info(name);
  const auto* found = std::find_if(std::begin(kTypes), std::end(kTypes),
                                   [&](const auto& entry) { return info.dtype == entry.name; });
  if (found == std::end(kTypes)) {
    throw InputError(fmt::format("{}: tensor '{}' has type {}, which LibTorch has not",
                                 file.file().string(), name, info.dtype));
  }
  at::Tensor tensor = at::empty(info.shape, found->type);
  const auto bytes = file.bytes(name);
  std::copy(bytes.begin(), bytes.end(), static_cast<std::byte*>(tensor.mutable_data_ptr()));
  return tensor;
}

}  // namespace timetrial::sdk
