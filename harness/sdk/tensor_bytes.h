#pragma once
// Between LibTorch's tensors and the bytes of a safetensors file.

#include "harness/tensorfile/safetensors.h"

#include <ATen/core/Tensor.h>

#include <string>

namespace timetrial::sdk {

/// A view of a dense, row-major CPU tensor, valid while the tensor lives. Throws
/// std::invalid_argument for any other tensor and for a type that the format does not have.
tensorfile::TensorView tensor_view(const std::string& name, const at::Tensor& tensor);

/// A copy on the CPU. Throws InputError when the file has no such tensor or its type is not one of
/// LibTorch's.
at::Tensor tensor_from(const tensorfile::Reader& file, const std::string& name);

}  // namespace timetrial::sdk
