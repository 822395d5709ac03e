#pragma once
// How the parts of a transformer are scaled with its width and its depth.
//
// muParam  against a base model of another width and as many heads. What belongs to a model: hidden
//          matrices start with a standard deviation in proportion to 1 / sqrt(inputs), everything
//          else as in the base; attention_scale; output_scale. The learning rates are a
//          submission's (timetrial/rate_groups.h): hidden_rate_factor = base width / width. At the
//          base's width all of it is the standard model
// Depth    branches fall with the root of their number, so that the residual stream's size does not
//          grow with it
//
// Sources  Yang et al. 2022 (arXiv 2203.03466), table 8, the rules for Adam; both in the study of
//          instabilities: Wortsman et al. 2023 (arXiv 2309.14322)

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace timetrial::nn {

struct Widths {
  std::int64_t width = 0, heads = 1;
  std::int64_t mup_base_width = 0;  ///< 0: standard, no muParam
};

/// The width whose first values a tensor has that grows in one dimension only, or the readout.
std::int64_t width_of_vectors(const Widths& widths);

/// Of the scores, with heads of D = width / heads numbers: 1 / sqrt(D), or in muParam
/// sqrt(base D) / D.
double attention_scale(const Widths& widths);

/// Of the logits: 1, or in muParam base width / width.
double output_scale(const Widths& widths);

/// Of what a branch adds to the residual stream: sqrt(depth_base / layers), or 1 where depth_base
/// is 0.
double branch_scale(std::int64_t layers, std::int64_t depth_base);

/// x * factor, or x itself where the factor is 1.
at::Tensor times(const at::Tensor& x, double factor);

}  // namespace timetrial::nn
