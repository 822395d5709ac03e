#pragma once
// What the tests of both speech families ask of a workload.
#include "workloads/workload.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>

namespace timetrial::test {

/// Equality with a recorded case: logits, paddings and losses in both modes, running statistics and
/// gradients after one training pass.
void expect_recorded_case(const std::filesystem::path& fixtures, const std::string& name);

/// The names, shapes, types and first values of a registered workload against `parameters.json`.
void expect_parameters(const std::filesystem::path& fixtures, const std::string& workload);

/// Three utterances of noise, of 9,000, 6,300 and 4,000 samples, with 4, 3 and 1 of `tokens`.
Batch noise_batch(std::int64_t tokens);

/// An initialised model whose parameters and running statistics were moved off their starts, so
/// that each has an effect.
std::unique_ptr<workloads::Model> shaken_model(const workloads::Workload& workload);

/// Dropout and SpecAugment act in training alone and from the default generator; batch statistics
/// are remembered only when they should be; an utterance's result is its own, whatever is beside or
/// behind it; the gradient along a random direction is that of finite differences.
void expect_recogniser(const workloads::Workload& workload, std::int64_t tokens);

ForwardOptions training_without_dropout();
ForwardOptions evaluation_mode();

}  // namespace timetrial::test
