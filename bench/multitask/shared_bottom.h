#pragma once
// A shared-bottom network of several tasks that counts what passes through it.
//
// Network  three layers of `width` with tanh, whose last output is the representation; a linear
// head
//          of ten outputs for each task
// Loss     squared error of each task; the mean of them

#include "workloads/workload.h"

#include <cstdint>
#include <memory>

namespace timetrial::bench {

/// Since they were last set to 0.
struct Passes {
  int forward = 0;
  int to_representation = 0;  ///< backward passes that reach the representation
  int to_bottom = 0;          ///< and those that reach the first layer's output
};

struct SharedBottom {
  std::int64_t tasks = 4, width = 512, inputs = 64;
};

/// Counts into `passes`, which the caller keeps.
std::unique_ptr<workloads::Workload> make_shared_bottom(const SharedBottom& sizes, Passes& passes);
std::unique_ptr<workloads::TrainingData> make_bottom_data(const SharedBottom& sizes);

}  // namespace timetrial::bench
