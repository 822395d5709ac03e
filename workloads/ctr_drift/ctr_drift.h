#pragma once
// ctr_drift: ranking of impressions for several engagements at once, on a stream that drifts. Made
// up, small, and hard on whoever takes large steps.
//
// Input    inputs float32 [B, 18]: 6 dense features, 12 ids (stream.h); in the order of the stream
// Output   logits float32 [B, tasks]
// Model    embeddings of 8 and the dense features as they are, side by side; ReLU 128-128-128 that
//          the tasks share; a linear head for each
// Loss     sigmoid cross-entropy of the tasks "click", "like" and "share", squared error of
//          "watch_time"; the mean of the tasks
// Metric   auc, higher is better: the mean of the binary tasks'
// Source   the experiment on the stability of multi-task ranking models, after Tang et al. 2023
//          ("Improving Training Stability for Multitask Ranking Models in Recommender Systems");
//          what is given and what is ours: README.md

#include "workloads/workload.h"

namespace timetrial::ctr_drift {

struct Config {
  std::int64_t embed_dim = 8;
  // What variants change.
  std::vector<std::int64_t> widths = {128, 128, 128};
  std::int64_t dense_features = 6;  ///< the first ones
  std::int64_t ids = 12;            ///< the first ones
  std::vector<std::int64_t> tasks = {0, 1, 2, 3};
};

/// Throws ConfigError naming the field, its value and what is allowed.
void validate(const Config& config);

std::unique_ptr<workloads::Workload> make(const Config& config);

}  // namespace timetrial::ctr_drift
