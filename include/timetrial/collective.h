#pragma once
// Communication among the workers of a data-parallel trial. With one worker every call is a no-op
// that leaves its tensor as it is, so a submission written with collectives runs unchanged on one
// device.

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace timetrial {

class Collective {
 public:
  virtual ~Collective() = default;
  virtual std::int64_t rank() const = 0;
  virtual std::int64_t world_size() const = 0;
  /// Sum over workers, in place, on every worker.
  virtual void all_reduce_sum(at::Tensor& tensor) = 0;
  /// Rank `root`'s values, in place, on every worker. Throws std::out_of_range for a root that is
  /// no rank.
  virtual void broadcast(at::Tensor& tensor, std::int64_t root) = 0;
  virtual void barrier() = 0;
};

}  // namespace timetrial
