#pragma once
// teacher_imbalanced: two related tasks, one with many examples ("high") and one with few ("low").
//
// Data     24 standard normal inputs; both tasks are labelled by heads on one random network, whose
//          weights have the correlation of Config. Each example is of one task
//   classes     one of 8: the head's largest output; 15 % of the labels are drawn anew among all 8;
//               60,000 and 300 examples
//   regression  8 outputs of the head, of variance 1, with noise; 20,000 and 200 examples
// Model    24-96-96 ReLU, a linear head for each task
// Loss     softmax cross-entropy, or squared error (mean over the 8)
// Metric   loss, lower is better: the mean of both tasks' losses, each over its own examples
// Source   the experiment on the order of training under imbalance, after Choi et al. 2023 ("Order
//          Matters in the Presence of Dataset Imbalance for Multilingual Learning"); what is given
//          and what is ours: README.md

#include "workloads/multitask/task_table.h"
#include "workloads/teacher/student.h"

namespace timetrial::teacher {

enum class Labels { classes, regression };

struct ImbalancedConfig {
  Labels labels = Labels::classes;  ///< each has its own data set
  std::vector<std::int64_t> widths = {96, 96};
};

/// Throws ConfigError for widths that cannot be.
std::unique_ptr<workloads::Workload> make_imbalanced(const ImbalancedConfig& config);

/// `count` examples of one task (0: high, 1: low) of the split that `seed` stands for: inputs
/// [count, 24], targets int64 [count] or float32 [count, 8], tasks [count].
multitask::Examples imbalanced_examples(Labels labels, std::int64_t task, std::uint64_t seed,
                                        std::int64_t count);

}  // namespace timetrial::teacher
