#pragma once
// The network of cityscapes_two_task (cityscapes.h has its shapes).

#include "workloads/cityscapes/cityscapes.h"
#include "workloads/multitask/task.h"

namespace timetrial::cityscapes {

/// A head "heads.<task>" for each task on one encoder. On the meta device nothing is allocated.
std::unique_ptr<workloads::Model> make_model(const Config& config,
                                             const std::vector<multitask::Task>& tasks,
                                             c10::Device device);

}  // namespace timetrial::cityscapes
