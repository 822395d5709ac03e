#pragma once
// Reconstruction of magnetic resonance images with a U-Net: from an image made of a quarter of the
// measurements to the one made of all.
//
// Input    inputs, targets float32 [B, H, W] (320 x 320 in fastMRI), both with the inputs' own mean
//          and deviation taken out; weights float32 [B], 0 for padding; for the metric mean, std
//          and volume_max float32 [B]
// Output   logits float32 [B, H, W], the reconstruction. Sides of any size that leave more than one
//          value at the bottom; the way up pads by reflection where a side was odd
// Loss     mean absolute error over an image, one value per example [B]; label smoothing is ignored
// Metrics  ssim (structural similarity, at most 1, higher is better) and loss
// Dropout  whole channels after each activation of a convolution block, by default at rate 0
// Source   Ronneberger et al. 2015 (arXiv 1505.04597), as in fastMRI (Zbontar et al. 2018, arXiv
//          1811.08839); the model of AlgoPerf's fastmri (commit 2c90454fc05d)
// Fidelity to AlgoPerf's model, and how it is tested: README.md
#include "workloads/workload.h"

namespace timetrial::unet {

/// Defaults: AlgoPerf's fastmri.
struct Config {
  std::int64_t channels = 32;    ///< of the first level; each level below has twice as many
  std::int64_t pool_levels = 4;  ///< how often sides are halved
  // What variants change, one at a time (one changes channels and levels).
  bool tanh = false;        ///< in place of every leaky ReLU
  bool layer_norm = false;  ///< over all channels with a learned scale and bias, in the convolution
                            ///< blocks; transposed convolutions keep their instance norm
};

/// Throws ConfigError naming the field, its value and the values it may have.
void check(const Config& config);

/// The model alone, uninitialised. Throws as check() does. On the meta device nothing is allocated.
std::unique_ptr<workloads::Model> make_model(const Config& config, c10::Device device);

/// The workload on fastMRI's single-coil knees. Throws as check() does.
std::unique_ptr<workloads::Workload> make(const Config& config);

}  // namespace timetrial::unet
