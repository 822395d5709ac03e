#pragma once
// Clippy: a step is shrunk as a whole until no weight moves by more than a share of itself and a
// floor.
//
//   lambda_rel       at least 0; the share; default 0.5
//   lambda_abs       above 0; the floor; default 0.01
//   scope            0, the default: a factor for each tensor; 1: one factor for the whole model
//   clip_embeddings  0, the default: embedding tables move freely, as in the paper, which clips
//                    dense parameters only; 1: they are clipped too
//
// Source  Tang et al. 2023, "Improving Training Stability for Multitask Ranking Models in
//         Recommender Systems" (arXiv 2302.09178), Algorithm 1

#include <timetrial/gradient_list.h>
#include <timetrial/hyperparameter_reader.h>
#include <timetrial/training.h>
#include <timetrial/update_rules.h>

#include <vector>

namespace timetrial {

struct ClippyOptions {
  ClippyBound bound;
  bool embeddings = false;
};

/// Throws std::invalid_argument as the reader does.
inline ClippyOptions read_clippy(HyperparameterReader& read) {
  ClippyOptions options;
  options.bound.relative = read.non_negative("lambda_rel", options.bound.relative);
  options.bound.absolute = read.positive("lambda_abs", options.bound.absolute);
  options.bound.whole_model = read.choice("scope", 1, 0) == 1;
  options.embeddings = read.choice("clip_embeddings", 1, 0) == 1;
  return options;
}

/// Which of the parameters that were reached are clipped.
inline std::vector<bool> clipped(const Training& training, const GradientList& reached,
                                 const ClippyOptions& options) {
  std::vector<bool> result;
  for (const auto place : reached.places) {
    result.push_back(options.embeddings || !is_embedding_table(training.parameters()[place]));
  }
  return result;
}

}  // namespace timetrial
