#pragma once
// Text as windows of bytes (byte_windows.h), as training data and as held-back data.
//
//   <training dir>/train.safetensors
//   <held-back dir>/train_subset.safetensors, validation.safetensors, test.safetensors
#include "workloads/workload.h"

namespace timetrial::lm {

/// Throw DataError naming the file and `prepare_command`, which makes it.
std::unique_ptr<workloads::TrainingData> open_byte_text(const std::filesystem::path& training_dir,
                                                        std::int64_t sequence_length,
                                                        const std::string& prepare_command);
/// Metrics: loss (nats per byte) and bits_per_byte.
std::unique_ptr<workloads::Evaluation> open_held_back_byte_text(
    const std::filesystem::path& held_back_dir, std::int64_t sequence_length,
    const std::string& prepare_command);

}  // namespace timetrial::lm
