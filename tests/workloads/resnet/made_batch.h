#pragma once
// What the residual network's tests share: modes, made values and batches, error messages.

#include "tests/support/algoperf_fixture.h"
#include "workloads/workload.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <string>

namespace timetrial::test {

inline ForwardOptions evaluation() {
  ForwardOptions options;
  options.training = false;
  return options;
}

inline double relative_difference(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

/// Values as the fixtures have them: norms away from 1 and 0, running statistics too.
inline void randomize(const workloads::Model& model) {
  const at::NoGradGuard no_grad;
  std::uint32_t k = 0;
  for (const Parameter& p : model.parameters()) {
    const bool scale = p.type == ParameterType::batch_norm_scale;
    const double spread =
        p.tensor.dim() > 1 ? 1.5 / std::sqrt(static_cast<double>(p.tensor[0].numel())) : 0.2;
    at::Tensor(p.tensor).copy_(recipe_tensor(p.tensor.sizes().vec(), k++, scale, spread));
  }
  for (const NamedTensor& s : model.state()) {
    const bool variance = s.name.ends_with("running_var");
    at::Tensor(s.tensor).copy_(recipe_tensor(s.tensor.sizes().vec(), k++, variance, 0.3));
  }
}

inline Batch batch_of(std::int64_t count, std::int64_t side) {
  Batch batch;
  batch.set("inputs", recipe_tensor({count, 3, side, side}, 77, 0, 2));
  batch.set("targets", recipe_integers({count}, 78, 0, 10));
  batch.set("weights", at::ones({count}));
  return batch;
}

/// What the exception says that `action` throws.
std::string message_of(const auto& action) {
  try {
    action();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace timetrial::test
