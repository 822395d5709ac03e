#pragma once
// What holds for a workload's prepared data: metrics that depend neither on how the examples are
// put into batches nor on the number of threads, and held-back examples that no training example
// equals.

#include "harness/trial/check_result.h"
#include "workloads/workload.h"

namespace timetrial::conformance {

/// `batch_size` examples of the training set, evenly spread over it, without their weights' order
/// mattering to any check.
Batch spread_batch(const workloads::TrainingData& training, std::int64_t batch_size);

/// Every metric of the validation split in batches of the default size and of a third of it, and on
/// one thread and two. The model has been trained for a few steps, so that it tells examples apart.
/// error: the largest difference relative to the metric.
CheckResult check_evaluation_batch_size(const workloads::Workload& workload,
                                        const workloads::TrainingData& training,
                                        const workloads::Evaluation& evaluation);
CheckResult check_evaluation_threads(const workloads::Workload& workload,
                                     const workloads::TrainingData& training,
                                     const workloads::Evaluation& evaluation);

/// Hashes of inputs and targets of every training, validation and test example; error: held-back
/// examples that are also training examples, or in both held-back splits. Where an example has
/// several rows of a tensor (the nodes of a graph), examples are asked for one by one.
CheckResult check_halves_are_disjoint(const workloads::Workload& workload,
                                      const workloads::TrainingData& training,
                                      const workloads::Evaluation& evaluation);

}  // namespace timetrial::conformance
