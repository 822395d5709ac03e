#pragma once
// The model of the teacher workloads: a multilayer perceptron that the tasks share, and a linear
// head for each.
//
// Input    inputs float32 [B, inputs]; where each example is of one task, tasks int64 [B]
// Output   logits float32 [B, outputs of all tasks], or [B, outputs of the example's own task]
//          where each example is of one

#include "workloads/multitask/heads.h"

namespace timetrial::teacher {

struct StudentConfig {
  std::int64_t inputs = 0;
  std::vector<std::int64_t> widths;  ///< of the shared layers
  multitask::Activation activation = multitask::Activation::tanh;
};

/// Throws ConfigError naming the field, its value and what is allowed.
void validate(const StudentConfig& config);

/// "key = value" lines, sorted.
std::string to_text(const StudentConfig& config);

/// Uninitialised. Throws as validate() does.
std::unique_ptr<workloads::Model> make_student(const StudentConfig& config,
                                               const std::vector<multitask::Task>& tasks,
                                               bool one_task_per_example, c10::Device device);

}  // namespace timetrial::teacher
