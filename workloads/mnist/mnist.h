#pragma once
// Handwritten digits with one hidden layer: AlgoPerf's smallest workload, for development.
//
// Input    inputs float32 [B, 1, 28, 28], (pixel - 0.1307) / 0.3081 of pixels from 0 to 255 (sic:
//          AlgoPerf does not divide by 255); targets int64 [B] in [0, 10), or probabilities
//          float32 [B, 10]; weights float32 [B], 0 for padding
// Output   logits float32 [B, 10]: 784 -> 128, sigmoid, 128 -> 10
// Loss     softmax cross-entropy in nats, one value per example [B]
// Metric   accuracy, a fraction in [0, 1], higher is better, over every example of a split
// Dropout  none; a rate is ignored
// Source   AlgoPerf's mnist (commit 2c90454fc05d)
// Fidelity to AlgoPerf's model, and how it is tested: README.md
#include "workloads/workload.h"

namespace timetrial::mnist {

/// There is nothing to configure: AlgoPerf's model has no arguments.
struct Config {};

/// The model alone, uninitialised.
std::unique_ptr<workloads::Model> make_model(c10::Device device);

std::unique_ptr<workloads::Workload> make(const Config& config);

}  // namespace timetrial::mnist
