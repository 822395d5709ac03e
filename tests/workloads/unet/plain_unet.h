#pragma once
// A U-Net written a second time, plainly and in double precision, to compare with: norms are their
// formulas, the transposed convolution is a sum, the structure is read off the parameter names.

#include "workloads/workload.h"

namespace timetrial::test {

/// [B, H, W] to [B, H, W] with the model's parameters, without dropout.
at::Tensor plain_unet(const workloads::Model& model, const at::Tensor& inputs, bool tanh);

}  // namespace timetrial::test
