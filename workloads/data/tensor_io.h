#pragma once
// Tensors in and out of safetensors files.
//
//   const auto file = data::open(dir / "train.safetensors", "timetrial data prepare
//   fashion_mnist_vit"); const at::Tensor images = data::read(file, "images", at::kByte, {-1, 28,
//   28});
//
// A tensor that was read is a view of the mapped file, which it keeps open: processes share its
// pages, nothing is copied, and nobody may write to it.

#include "harness/tensorfile/safetensors.h"

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace timetrial::data {

using File = std::shared_ptr<const tensorfile::Reader>;

/// Throws DataError naming the file and `remedy`, the command that makes it, when it is not there;
/// InputError when it is malformed.
File open(const std::filesystem::path& file, const std::string& remedy);

/// Throws InputError when the file has no tensor of that name.
at::Tensor read(const File& file, const std::string& name);
/// The same, checked: throws DataError naming file, tensor, what it is and what was expected. A
/// dimension of -1 may have any size.
at::Tensor read(const File& file, const std::string& name, c10::ScalarType type,
                const std::vector<std::int64_t>& shape);

/// Views of the tensors for tensorfile::write. Each tensor must be contiguous, on the CPU, and
/// outlive the view; throws std::invalid_argument otherwise.
tensorfile::TensorView view(const std::string& name, const at::Tensor& tensor);
std::vector<tensorfile::TensorView> views(
    const std::vector<std::pair<std::string, at::Tensor>>& tensors);

/// "F32" and at::kFloat, and so on. Throw InputError for a type that the other side does not know.
c10::ScalarType scalar_type(const std::string& dtype);
std::string dtype_name(c10::ScalarType type);

}  // namespace timetrial::data
