#pragma once
// How far a model is from a recorded case, and how far float32 arithmetic lets an equal one be.
// Differences are relative to the largest recorded magnitude of what is compared; NaN on either
// side is an infinite difference.
//
// Tolerances follow what the cases say of themselves ("fp64": the reference in double precision
// against its own float32):
//   logits     ten times that noise, at least 1e-5 and at most 1e-4 of their scale. The upper bound
//              is what equality with AlgoPerf means here; it also keeps out noise that is recorded
//              where logits mean nothing (padded positions of a translation).
//   losses     as logits
//   state      1e-5
//   gradients  relative to the norm of the whole gradient: ten times the noise, at least 2e-5, at
//              most 1e-3, which a ReLU ResNet-50 needs, where activations sit at the kink. The
//              recorded noise is that of one processor: AlgoPerf's own U-Net, run on one with AVX2
//              and no AVX-512, is 1.107e-5 from its record, though that one's noise is 2e-8

#include "harness/conformance/recorded_case.h"

namespace timetrial::conformance {

/// Largest difference of `found` to a stored tensor where `mask` (broadcastable to it; undefined:
/// everywhere) is not 0. Logits of a case that stores every n-th entry of the last dimension are
/// taken in the same steps. Throws std::invalid_argument when shapes differ.
double relative_difference(const RecordedCase& recorded, const at::Tensor& found,
                           const std::string& key, const at::Tensor& mask = {});
/// Largest recorded magnitude in the same sense.
double scale(const RecordedCase& recorded, const std::string& key, const at::Tensor& mask = {});

/// `key`: output_eval/logits or output_train/logits.
double logit_tolerance(const RecordedCase& recorded, const std::string& key,
                       const at::Tensor& mask = {});
double gradient_tolerance(const RecordedCase& recorded);

/// Largest difference over all state tensors after one pass in training mode.
double state_difference(const RecordedCase& recorded, const workloads::Model& model);
/// Largest difference in gradient norm over all parameters. A gradient that is missing on one side
/// counts with its norm on the other.
double gradient_norm_difference(const RecordedCase& recorded, const workloads::Model& model);
/// Largest norm of a difference of gradients, over those that are stored.
double gradient_difference(const RecordedCase& recorded, const workloads::Model& model);

}  // namespace timetrial::conformance
