#pragma once
// The network of the optimizer trajectories as a workload whose data is in memory: what submissions
// are checked on, since a step takes microseconds.
//
// Network  tanh(x w1ᵀ + b1) w2ᵀ + b2; w1 [16, 6], b1 [16], w2 [4, 16], b2 [4], all float32
// Loss     per example: squared error, mean over the outputs
// Batch    inputs [B, 6], targets [B, 4], weights [B]

#include "workloads/workload.h"

#include <cstdint>
#include <memory>

namespace timetrial::sdk {

inline constexpr std::int64_t kFixtureInputs = 6, kFixtureHidden = 16, kFixtureOutputs = 4;

/// With `unused_parameter`, the model has one more parameter, "unused" [3], that no gradient ever
/// reaches, as heads of real models have for some batches.
std::unique_ptr<workloads::Workload> make_fixture_network(bool unused_parameter);

/// Examples given as inputs [N, 6] and targets [N, 4].
std::unique_ptr<workloads::TrainingData> make_fixture_data(at::Tensor inputs, at::Tensor targets);

/// Noisy outputs of a network of the same shape: as learnable as the fixtures' data. Equal seeds
/// give equal bits.
std::unique_ptr<workloads::TrainingData> make_synthetic_data(std::int64_t examples,
                                                             std::uint64_t seed);

}  // namespace timetrial::sdk
