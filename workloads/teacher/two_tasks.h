#pragma once
// teacher_two_tasks: two regressions that a network too small for both has to share.
//
// Data     16 standard normal inputs; each task's target is the output of a random network of its
//          own, of variance 1 for task "a" and 9 for task "b", without noise
// Model    16-10-10 tanh, a linear head for each task
// Loss     squared error, the mean of both tasks
// Metric   loss, lower is better
// Source   the experiment that asks whether multi-task methods beat a sweep of fixed weights, after
//          Xin et al. 2022 ("Do Current Multi-Task Optimization Methods in Deep Learning Even
//          Help?"); what is given and what is ours: README.md

#include "workloads/multitask/task_table.h"
#include "workloads/teacher/student.h"

namespace timetrial::teacher {

struct TwoTasksConfig {
  /// What variants change.
  std::vector<std::int64_t> widths = {10, 10};
};

/// Throws ConfigError for widths that cannot be.
std::unique_ptr<workloads::Workload> make_two_tasks(const TwoTasksConfig& config);

/// Examples of the split that `seed` stands for: inputs [count, 16], targets [count, 2].
multitask::Examples two_tasks_examples(std::uint64_t seed, std::int64_t count);

}  // namespace timetrial::teacher
