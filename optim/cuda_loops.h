#pragma once
// The rules on a GPU: one launch over the pieces of all tensors. No CUDA header is needed to call
// it, and no LibTorch header to compile it.

#include <array>
#include <cstdint>

#include "optim/matrices.h"
#include "optim/rules.h"

namespace timetrial::optim {

/// As Piece of cpu_loops.h, in the memory of the device.
struct DevicePiece {
  std::array<void*, kMostStreams> streams;
  std::int64_t size;
  std::int64_t tensor;  ///< its place in the lists
  Matrices matrices;
  std::int64_t before;
};

struct DevicePass {
  const DevicePiece* pieces;  ///< [count], on the device
  std::int64_t count;
  const double* scalars;  ///< [tensors x scalars], on the device
  double* sums;           ///< [count x sums], on the device; set
};

/// Queues the rule at `place` in Rules on `stream`, a cudaStream_t of the current device. Throws
/// std::runtime_error with CUDA's message.
void queue_rule(std::size_t place, bool in_float, const void* rule, const DevicePass& pass,
                void* stream);

}  // namespace timetrial::optim
