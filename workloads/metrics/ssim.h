#pragma once
// Structural similarity of images, one value per example: the mean over all 7 x 7 windows that lie
// inside the image, each counting its pixels alike, with sample variances.
//
// Source   Wang et al. 2004, "Image quality assessment: from error visibility to structural
//          similarity", equation 13, K1 = 0.01, K2 = 0.03; with the choices of AlgoPerf's fastmri
//          (commit 2c90454fc05d), which are scikit-image's defaults

#include <ATen/core/Tensor.h>

namespace timetrial::metrics {

/// What the images were before they were normalised, each [B]; undefined: 0, 1 and 1.
struct ImageScale {
  at::Tensor mean = {}, std = {};
  at::Tensor volume_max =
      {};  ///< range of the values, of the whole volume; 0 (padding) counts as 1
};

/// Images [B, H, W], H and W at least 7. Returns float64 [B] within [-1, 1]: both are mapped back
/// to x * std + mean, and computed with in double precision (values of 1e-5 and their squares
/// cancel). Throws std::invalid_argument for other shapes.
at::Tensor ssim(const at::Tensor& images, const at::Tensor& references,
                const ImageScale& scale = {});

}  // namespace timetrial::metrics
