#include "optim/gpu_pass.h"

#include <ATen/ops/empty.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <cstring>

#include "optim/cuda_loops.h"

namespace timetrial::optim {
namespace {

/// The pieces of tensors in one type, by type: float and double are launches of their own.
struct Group {
  std::vector<DevicePiece> pieces;
  std::vector<std::size_t> places;  // in Pieces
};

Group group_of(const RuleFacts& facts, const std::vector<Row>& rows, const Pieces& pieces,
               at::ScalarType type) {
  Group group;
  const auto whole = static_cast<std::size_t>(facts.spread ? facts.streams - 2 : facts.streams);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& tensors = rows[i].tensors;
    if (tensors[0].scalar_type() != type) continue;
    for (std::int64_t k = 0; k < pieces_in(tensors[0].numel()); ++k) {
      DevicePiece piece{.streams = {},
                        .size = std::min(kPiece, tensors[0].numel() - k * kPiece),
                        .tensor = static_cast<std::int64_t>(i),
                        .matrices = facts.spread ? matrices_of(tensors[0]) : Matrices{},
                        .before = k * kPiece};
      for (std::size_t s = 0; s < tensors.size(); ++s) {
        auto* data = static_cast<std::byte*>(tensors[s].mutable_data_ptr());
        piece.streams[s] = data + (s < whole ? k * kPiece * tensors[s].element_size() : 0);
      }
      group.pieces.push_back(piece);
      group.places.push_back(pieces.first_of(i) + static_cast<std::size_t>(k));
    }
  }
  return group;
}

/// The same bytes on the device; the copy is queued, from memory that outlives it.
template <class T>
at::Tensor on_device(const std::vector<T>& values, c10::Device device) {
  const auto bytes = static_cast<std::int64_t>(values.size() * sizeof(T));
  const at::Tensor pinned = at::empty({bytes}, at::TensorOptions(at::kByte).pinned_memory(true));
  if (bytes > 0) std::memcpy(pinned.mutable_data_ptr(), values.data(), values.size() * sizeof(T));
  return pinned.to(device, at::kByte, /*non_blocking=*/true, /*copy=*/true);
}

}  // namespace

void run_on_gpu(const RuleFacts& facts, const void* rule, const std::vector<Row>& rows,
                const Pieces& pieces, const std::vector<double>& scalars,
                std::vector<double>& sums) {
  const c10::Device device = rows[0].tensors[0].device();
  const c10::DeviceGuard guard(device);
  const c10::impl::VirtualGuardImpl implementation(device.type());
  void* stream = implementation.getStream(device).native_handle();
  const at::Tensor numbers = on_device(scalars, device);
  const auto per_piece = static_cast<std::size_t>(facts.sums);
  for (const auto type : {at::kFloat, at::kDouble}) {
    const Group group = group_of(facts, rows, pieces, type);
    if (group.pieces.empty()) continue;
    const auto count = static_cast<std::int64_t>(group.pieces.size());
    const at::Tensor list = on_device(group.pieces, device);
    const at::Tensor found =
        at::empty({count * facts.sums}, at::TensorOptions(at::kDouble).device(device));
    queue_rule(facts.place, type == at::kFloat, rule,
               {.pieces = static_cast<const DevicePiece*>(list.const_data_ptr()),
                .count = count,
                .scalars = static_cast<const double*>(numbers.const_data_ptr()),
                .sums = found.mutable_data_ptr<double>()},
               stream);
    if (facts.sums == 0) continue;
    const at::Tensor here = found.cpu();  // waits
    const auto* values = here.const_data_ptr<double>();
    for (std::size_t i = 0; i < group.places.size(); ++i) {
      std::copy_n(values + i * per_piece, per_piece, sums.data() + group.places[i] * per_piece);
    }
  }
}

}  // namespace timetrial::optim
