#pragma once
// Clipping by the norm of all gradients together.
//
//   grad_clip             above 0, the largest norm; default: none
//   grad_clip_embeddings  1, the default: of all gradients, as AlgoPerf's baselines clip; 0: of all
//                         but those of embedding tables, which stay as they are
//
// Source  Pascanu et al. 2013, "On the difficulty of training recurrent neural networks"; without
//         tables: Tang et al. 2023, "Improving Training Stability for Multitask Ranking Models in
//         Recommender Systems" (arXiv 2302.09178), which clips dense parameters only

#include <timetrial/hyperparameter_reader.h>

#include <optional>

namespace timetrial {

struct GradientClip {
  double largest_norm = 0;
  bool embeddings = true;  ///< embedding tables count, and are scaled
};

/// Throws std::invalid_argument as the reader does.
inline std::optional<GradientClip> read_gradient_clip(HyperparameterReader& read) {
  const auto largest = read.optional_positive("grad_clip");
  const bool embeddings = read.choice("grad_clip_embeddings", 1, 1) == 1;
  if (!largest) return {};
  return GradientClip{*largest, embeddings};
}

}  // namespace timetrial
