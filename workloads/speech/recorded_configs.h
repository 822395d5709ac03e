#pragma once
// The parts of a recorded speech model's constructor that all such models share.

#include "workloads/recorded_arguments.h"
#include "workloads/speech/normalization.h"
#include "workloads/speech/spec_augment.h"

namespace timetrial::speech {

/// Arguments use_specaug, freq_mask_count and so on; what is left out is as in `otherwise`.
SpecAugmentConfig recorded_spec_augment(workloads::RecordedArguments& arguments,
                                        const SpecAugmentConfig& otherwise);
/// Arguments batch_norm_momentum and batch_norm_epsilon.
BatchNormConfig recorded_batch_norm(workloads::RecordedArguments& arguments);

}  // namespace timetrial::speech
