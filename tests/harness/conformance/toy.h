#pragma once
// A workload small enough to be recorded by the test itself, with faults to choose from: a linear
// classifier of what differs from a running mean.
//
// Input    inputs float32 [B, 4], targets int64 [B] in [0, 3), weights float32 [B]
// State    running_mean [4], moved by a tenth of the batch's in training

#include "workloads/workload.h"

#include <filesystem>
#include <string>

namespace timetrial::test {

enum class ToyFault {
  none,
  name,              ///< "bias" is called "offset"
  shape,             ///< a fourth class
  output,            ///< logits 1 % too large in evaluation
  output_train,      ///< the same in training
  not_a_number,      ///< the first logit
  masked_output,     ///< the logits of padding
  loss,              ///< per example, its sum as it should be
  sum,               ///< of the loss
  valid,             ///< one example too many
  smoothing,         ///< ignored
  state,             ///< moves by a fifth
  state_kept,        ///< update_batch_norm = false is not heeded
  gradient_missing,  ///< the weight has none
  gradient_scaled,   ///< twice that of the loss, by a wrong derivative
  never_learns,      ///< the loss depends on no parameter's value
  random,            ///< logits with noise that no seed governs
};

std::unique_ptr<workloads::Workload> make_toy(ToyFault fault);
Batch toy_batch();

/// Writes <folder>/toy.safetensors and toy.json, as a faultless toy computes them.
std::filesystem::path record_toy(const std::filesystem::path& folder);

}  // namespace timetrial::test
