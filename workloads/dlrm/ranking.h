#pragma once
// Multi-task ranking on MovieLens: four questions about one rating, from one set of features.
//
// Input    inputs float32 [B, 22] as movielens.h lists them: dense features, then ids
// Targets  float32 [B, 4]: liked (4 or 5 stars), loved (5), disliked (1 or 2), and the rating in
//          standard deviations from the mean, both of the training events
// Output   logits float32 [B, 4]
// Model    embeddings and dense features side by side; what the tasks share; a tower for each
//   shared bottom  one multilayer perceptron (Caruana 1997)
//   MMoE           experts, each a perceptron, mixed for each task by a softmax gate of its own on
//                  the same inputs (Ma et al. 2018, "Modeling Task Relationships in Multi-task
//                  Learning with Multi-gate Mixture-of-Experts", equations 6 and 7)
// Loss     sigmoid cross-entropy, squared error for the rating; the mean of the tasks
// Metric   auc, higher is better: the mean of the binary tasks'
// Shared   ModelOutput::representation is the bottom's output [B, width], or the experts'
//          [B, experts, width]

#include "workloads/workload.h"

namespace timetrial::dlrm {

struct RankingConfig {
  std::int64_t vocab_size = 4096;
  std::int64_t embed_dim = 16;
  std::vector<std::int64_t> bottom_dims = {128, 64};  ///< of the bottom, or of each expert
  std::vector<std::int64_t> tower_dims = {32};
  std::int64_t experts = 0;  ///< 0: a shared bottom
};

/// Throws ConfigError naming the field, its value and what is allowed.
void validate(const RankingConfig& config);

/// "key = value" lines, sorted.
std::string to_text(const RankingConfig& config);

std::unique_ptr<workloads::Workload> make_ranking(const RankingConfig& config);

}  // namespace timetrial::dlrm
