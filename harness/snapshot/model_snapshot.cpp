#include "harness/snapshot/model_snapshot.h"

#include "harness/trial/sha256.h"

#include <ATen/core/grad_mode.h>

#include <stdexcept>

namespace timetrial::snapshot {
namespace {

struct Dtype {
  at::ScalarType type;
  const char* name;
};
constexpr Dtype kDtypes[] = {{at::kFloat, "F32"},     {at::kDouble, "F64"}, {at::kHalf, "F16"},
                             {at::kBFloat16, "BF16"}, {at::kLong, "I64"},   {at::kInt, "I32"},
                             {at::kByte, "U8"},       {at::kBool, "BOOL"}};

const char* dtype_name(at::ScalarType type) {
  for (const auto& dtype : kDtypes) {
    if (dtype.type == type) return dtype.name;
  }
  throw std::invalid_argument(std::string("no snapshot for tensors of type ") + at::toString(type));
}

at::ScalarType dtype_of(const std::string& name) {
  for (const auto& dtype : kDtypes) {
    if (name == dtype.name) return dtype.type;
  }
  throw std::invalid_argument("unknown tensor type " + name);
}

/// A tensor over the region's bytes, without a copy.
at::Tensor view(protocol::SharedRegion& region, const protocol::SnapshotTensor& tensor) {
  return at::from_blob(region.bytes(tensor).data(), tensor.shape,
                       at::TensorOptions().dtype(dtype_of(tensor.dtype)));
}

template <typename Visitor>
void for_each_tensor(const workloads::Model& model, Visitor visit) {
  for (const auto& parameter : model.parameters()) visit(parameter.name, parameter.tensor);
  for (const auto& state : model.state()) visit(state.name, state.tensor);
}

}  // namespace

protocol::SnapshotLayout layout_of(const workloads::Model& model) {
  std::vector<protocol::SnapshotTensor> tensors;
  for_each_tensor(model, [&](const std::string& name, const at::Tensor& tensor) {
    tensors.push_back({name, dtype_name(tensor.scalar_type()), tensor.sizes().vec(),
                       static_cast<std::size_t>(tensor.numel()) * tensor.element_size(), 0});
  });
  return protocol::SnapshotLayout(std::move(tensors));
}

void write(const workloads::Model& model, const protocol::SnapshotLayout& layout,
           protocol::SharedRegion& region) {
  const at::NoGradGuard no_grad;
  std::size_t index = 0;
  for_each_tensor(model, [&](const std::string&, const at::Tensor& tensor) {
    view(region, layout.tensors()[index++]).copy_(tensor);  // a blocking copy: drains the device
  });
}

void read(protocol::SharedRegion& region, const protocol::SnapshotLayout& layout,
          workloads::Model& model) {
  const at::NoGradGuard no_grad;
  std::size_t index = 0;
  for_each_tensor(model, [&](const std::string&, const at::Tensor& tensor) {
    tensor.copy_(view(region, layout.tensors()[index++]));
  });
}

std::optional<std::string> find_non_finite(protocol::SharedRegion& region,
                                           const protocol::SnapshotLayout& layout) {
  for (const auto& tensor : layout.tensors()) {
    const at::Tensor values = view(region, tensor);
    if (!values.is_floating_point() || values.numel() == 0) continue;
    // A sum is finite only if every term is; it may overflow without one, so count to be sure.
    if (std::isfinite(values.sum().to(at::kDouble).item<double>())) continue;
    const auto bad = values.numel() - at::isfinite(values).sum().item<std::int64_t>();
    if (bad > 0) return tensor.name + " has " + std::to_string(bad) + " non-finite values";
  }
  return std::nullopt;
}

std::string hash(protocol::SharedRegion& region, const protocol::SnapshotLayout& layout) {
  Sha256 sha;
  for (const auto& tensor : layout.tensors()) {
    sha.update(std::span<const std::byte>(region.bytes(tensor)));
  }
  return sha.hex();
}

}  // namespace timetrial::snapshot
