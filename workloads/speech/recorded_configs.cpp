#include "workloads/speech/recorded_configs.h"

namespace timetrial::speech {

SpecAugmentConfig recorded_spec_augment(workloads::RecordedArguments& arguments,
                                        const SpecAugmentConfig& otherwise) {
  return {
      .enabled = arguments.flag("use_specaug", otherwise.enabled),
      .frequency_masks = arguments.integer("freq_mask_count", otherwise.frequency_masks),
      .frequency_mask_bins = arguments.integer("freq_mask_max_bins", otherwise.frequency_mask_bins),
      .time_masks = arguments.integer("time_mask_count", otherwise.time_masks),
      .time_mask_frames = arguments.integer("time_mask_max_frames", otherwise.time_mask_frames),
      .time_mask_ratio = arguments.number("time_mask_max_ratio", otherwise.time_mask_ratio),
      .time_masks_per_frame =
          arguments.number("time_masks_per_frame", otherwise.time_masks_per_frame),
      .dynamic_time_mask_frames =
          arguments.flag("use_dynamic_time_mask_max_frames", otherwise.dynamic_time_mask_frames),
  };
}

BatchNormConfig recorded_batch_norm(workloads::RecordedArguments& arguments) {
  const BatchNormConfig otherwise;
  return {.momentum = arguments.number("batch_norm_momentum", otherwise.momentum),
          .epsilon = arguments.number("batch_norm_epsilon", otherwise.epsilon)};
}

}  // namespace timetrial::speech
