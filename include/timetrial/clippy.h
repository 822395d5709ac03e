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

#include <ATen/ops/_foreach_abs.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_div.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/stack.h>

#include <string>
#include <vector>

namespace timetrial {

struct ClippyOptions {
  double relative = 0.5, absolute = 0.01;
  bool whole_model = false, embeddings = false;
};

/// Throws std::invalid_argument as the reader does.
inline ClippyOptions read_clippy(HyperparameterReader& read) {
  ClippyOptions options;
  options.relative = read.non_negative("lambda_rel", options.relative);
  options.absolute = read.positive("lambda_abs", options.absolute);
  options.whole_model = read.choice("scope", 1, 0) == 1;
  options.embeddings = read.choice("clip_embeddings", 1, 0) == 1;
  return options;
}

/// Whether the parameter is a table of rows to look up. By its name too: AlgoPerf types the tables
/// of its recommender ("embedding_chunk_0") as weights.
inline bool is_embedding_table(const Parameter& parameter) {
  return parameter.type == ParameterType::embedding ||
         (parameter.tensor.dim() == 2 && parameter.name.starts_with("embedding"));
}

/// Remembers which parameters are clipped. Has no other state.
class Clippy {
 public:
  void init(const Training& training, const ClippyOptions& options) {
    options_ = options;
    for (const auto& parameter : training.parameters()) {
      clipped_.push_back(options.embeddings || !is_embedding_table(parameter));
    }
  }

  /// What each of `steps` (one for each weight of `reached`, the learning rate in it) has to be
  /// multiplied with: scalars, at most 1. `more`, unless empty, is added to what a coordinate is
  /// allowed. Call under at::NoGradGuard.
  std::vector<at::Tensor> factors(const GradientList& reached, const std::vector<at::Tensor>& steps,
                                  const std::vector<at::Tensor>& more = {}) const {
    auto allowed = at::_foreach_abs(reached.weights);
    at::_foreach_mul_(allowed, options_.relative);
    at::_foreach_add_(allowed, options_.absolute);
    if (!more.empty()) at::_foreach_add_(allowed, more);
    // A coordinate that does not move allows everything: its quotient is infinite.
    at::_foreach_div_(allowed, at::_foreach_abs(steps));
    std::vector<at::Tensor> result;
    result.reserve(allowed.size());
    for (std::size_t i = 0; i < allowed.size(); ++i) {
      const bool clips = clipped_[reached.places[i]] && allowed[i].numel() > 0;
      result.push_back(clips ? allowed[i].min().clamp_max_(1) : allowed[i].new_ones({}));
    }
    if (options_.whole_model && !result.empty()) share_least(reached, result);
    return result;
  }

 private:
  /// Gives all clipped tensors the least factor of all; that of the others is 1.
  void share_least(const GradientList& reached, std::vector<at::Tensor>& factors) const {
    const at::Tensor least = at::stack(factors).min();
    for (std::size_t i = 0; i < factors.size(); ++i) {
      if (clipped_[reached.places[i]]) factors[i] = least.to(factors[i].scalar_type());
    }
  }

  ClippyOptions options_;
  std::vector<bool> clipped_;  // in the order of Training::parameters()
};

}  // namespace timetrial
