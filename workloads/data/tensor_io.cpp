#include "workloads/data/tensor_io.h"

#include "workloads/workload.h"

#include <sstream>

namespace timetrial::data {
namespace {

constexpr std::pair<const char*, c10::ScalarType> kTypes[] = {
    {"F64", at::kDouble}, {"F32", at::kFloat}, {"F16", at::kHalf},  {"BF16", at::kBFloat16},
    {"I64", at::kLong},   {"I32", at::kInt},   {"I16", at::kShort}, {"I8", at::kChar},
    {"U8", at::kByte},    {"BOOL", at::kBool},
};

std::string describe(c10::ScalarType type, at::IntArrayRef shape) {
  std::ostringstream text;
  text << dtype_name(type) << " " << shape;
  return text.str();
}

bool fits(at::IntArrayRef shape, const std::vector<std::int64_t>& pattern) {
  return shape.size() == pattern.size() && std::equal(shape.begin(), shape.end(), pattern.begin(),
                                                      [](std::int64_t size, std::int64_t wanted) {
                                                        return wanted == -1 || size == wanted;
                                                      });
}

}  // namespace

File open(const std::filesystem::path& file, const std::string& remedy) {
  if (!std::filesystem::exists(file)) {
    throw workloads::DataError(file.string() + ": no such file; make it with: " + remedy);
  }
  return std::make_shared<const tensorfile::Reader>(file);
}

at::Tensor read(const File& file, const std::string& name) {
  const auto& info = file->info(name);
  const auto options = at::TensorOptions(scalar_type(info.dtype));
  const auto bytes = file->bytes(name);
  if (bytes.empty()) return at::empty(info.shape, options);
  // from_blob wants a pointer to non-const; the mapping is read-only, so a write would fault.
  void* data =
      const_cast<std::byte*>(bytes.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  const auto tensor = at::from_blob(
      data, info.shape, [file](void* /*data*/) {}, options);
  // Files of others may place a tensor at an address that its type cannot be read from.
  const bool aligned =
      reinterpret_cast<std::uintptr_t>(data) % tensorfile::element_size(info.dtype) == 0;
  if (aligned) return tensor;
  at::Tensor copy = at::empty(info.shape, options);
  std::copy(bytes.begin(), bytes.end(), static_cast<std::byte*>(copy.data_ptr()));
  return copy;
}

at::Tensor read(const File& file, const std::string& name, c10::ScalarType type,
                const std::vector<std::int64_t>& shape) {
  auto tensor = read(file, name);
  if (tensor.scalar_type() != type || !fits(tensor.sizes(), shape)) {
    throw workloads::DataError(file->file().string() + ": tensor '" + name + "' is " +
                               describe(tensor.scalar_type(), tensor.sizes()) + ", expected " +
                               describe(type, shape) + " (-1: any size); prepare the data again");
  }
  return tensor;
}

tensorfile::TensorView view(const std::string& name, const at::Tensor& tensor) {
  if (!tensor.is_cpu() || !tensor.is_contiguous()) {
    throw std::invalid_argument("tensor '" + name + "' must be contiguous and on the CPU");
  }
  return {name,
          dtype_name(tensor.scalar_type()),
          tensor.sizes().vec(),
          {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()}};
}

std::vector<tensorfile::TensorView> views(
    const std::vector<std::pair<std::string, at::Tensor>>& tensors) {
  std::vector<tensorfile::TensorView> result;
  for (const auto& [name, tensor] : tensors) result.push_back(view(name, tensor));
  return result;
}

c10::ScalarType scalar_type(const std::string& dtype) {
  for (const auto& [name, type] : kTypes) {
    if (dtype == name) return type;
  }
  throw InputError("dtype '" + dtype + "' has no LibTorch type");
}

std::string dtype_name(c10::ScalarType type) {
  for (const auto& [name, known] : kTypes) {
    if (type == known) return name;
  }
  throw InputError(std::string("tensors of type ") + c10::toString(type) +
                   " cannot be stored in a safetensors file");
}

}  // namespace timetrial::data
