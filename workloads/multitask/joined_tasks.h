#pragma once
// One training set, and one evaluation, from those of each task, for workloads whose examples are
// of one task each and differ in nothing else than where they come from.

#include "workloads/workload.h"

#include <memory>
#include <string>
#include <vector>

namespace timetrial::multitask {

/// The examples of all, one task after the other; batches have "tasks" besides. The parts' batches
/// must have the same tensors, of the same shapes apart from the number of examples.
std::unique_ptr<workloads::TrainingData> join_training(
    std::vector<std::unique_ptr<workloads::TrainingData>> parts);

/// Every metric of each as "<name>/<metric>", and its mean under its own name. A split's size is
/// that of all; the default batch size that of the first.
std::unique_ptr<workloads::Evaluation> join_evaluations(
    std::vector<std::string> names, std::vector<std::unique_ptr<workloads::Evaluation>> parts);

}  // namespace timetrial::multitask
