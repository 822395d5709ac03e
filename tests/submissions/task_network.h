#pragma once
// A small network of three tasks that share a bottom, for tests of what combines their gradients.
//
// Network  z = tanh(w2 tanh(w1 x + b1)), w1 and b1 of the layer "first", is the representation [B,
// 8]; task k has the head hk [8], and
//          tasks 0 and 1 share the vector "pair" [8] beside their heads
// Loss     squared errors; the mean over tasks and examples
// Batch    inputs [B, 6], targets [B, 3], weights [B]; of the second form also tasks [B], and only
//          that task's target counts

#include "workloads/workload.h"

#include <cstdint>
#include <memory>

namespace timetrial::submissions_test {

inline constexpr std::size_t kTasks = 3;

/// `one_shared`: gradients come to w2 and the heads alone.
std::unique_ptr<workloads::Workload> make_task_network(bool one_task_per_example,
                                                       bool one_shared = false);
/// 96 examples; of the second form 60, 30 and 6 of the tasks.
std::unique_ptr<workloads::TrainingData> make_task_data(bool one_task_per_example);

}  // namespace timetrial::submissions_test
