#pragma once
// Whether a classifier goes by shape or by texture, on images in which the two contradict one
// another.
//
// Source  Geirhos et al. 2019, "ImageNet-trained CNNs are biased towards texture" (arXiv
//         1811.12231), section 2: of the answers that are either the shape's class or the
//         texture's, the share that are the shape's

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace timetrial::metrics {

struct ShapeBias {
  std::int64_t shape = 0, texture = 0;  ///< answers that are the one's class, or the other's
  std::int64_t images = 0;              ///< on which the two differ

  /// In [0, 1]; NaN where no answer is either.
  double bias() const { return static_cast<double>(shape) / static_cast<double>(shape + texture); }
  /// The share of answers that are either.
  double decided() const {
    return static_cast<double>(shape + texture) / static_cast<double>(images);
  }
};

/// scores [N, classes]; shapes and textures int64 [N] in [0, classes): the classes that each of the
/// two speaks for. Images where they agree are left out. Throws std::invalid_argument as
/// require_scores does.
ShapeBias shape_bias(const at::Tensor& scores, const at::Tensor& shapes,
                     const at::Tensor& textures);

/// Probabilities [N, groups] of super-classes: the mean over the classes of each. `group_of` is
/// int64 [classes] in [0, groups), or -1 for a class of none; a group without classes has 0. Throws
/// std::invalid_argument when the sizes do not fit.
at::Tensor of_super_classes(const at::Tensor& probabilities, const at::Tensor& group_of,
                            std::int64_t groups);

}  // namespace timetrial::metrics
