#pragma once
// CIFAR-10, ten kinds of things in colour images of 32 x 32: the data of AlgoPerf's cifar (commit
// 2c90454fc05d).
//
// Source        Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images"; the
//               "binary version", which its user brings: docs/data/cifar10.md
// Splits        training: the first 45,000 of the five training batches; validation: the last
//               5,000; test: the 10,000 of test_batch.bin; train subset: 5,120 training images by
//               chance
// Prepared      as workloads/small_images says, images uint8 [n, 32, 32, 3]
// Augmentation  four black pixels around, a random 32 x 32 of it, perhaps mirrored: a function of
//               (seed, index)

#include "workloads/workload.h"

namespace timetrial::resnet::cifar10 {

void prepare(const std::filesystem::path& source, const std::filesystem::path& out);
std::uint64_t bytes_to_prepare(const std::filesystem::path& source);

/// Batches: inputs float32 [B, 3, 32, 32], targets int64 [B], weights float32 [B].
std::unique_ptr<workloads::TrainingData> open_training(const std::filesystem::path& training_dir);
std::unique_ptr<workloads::Evaluation> open_evaluation(const std::filesystem::path& held_back_dir);

}  // namespace timetrial::resnet::cifar10
