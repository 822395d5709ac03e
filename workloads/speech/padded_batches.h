#pragma once
// Utterances in batches of one width, and a recogniser evaluated over them in order.

#include "workloads/workload.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace timetrial::speech {

/// float32 [B, width]: 1 from each length on.
inline at::Tensor paddings_behind(const at::Tensor& lengths, std::int64_t width) {
  return at::arange(width, at::kLong).ge(lengths.unsqueeze(1)).to(at::kFloat);
}

/// What `sums` makes of every example, once each. `examples` has size() and gather(indices) to a
/// Batch; `sums` has add(batch, output) and results().
template <typename Examples, typename Sums>
std::map<std::string, double> evaluate_in_batches(const Examples& examples, workloads::Model& model,
                                                  std::int64_t batch_size, Sums sums) {
  if (batch_size < 1) throw std::invalid_argument("batch_size must be at least 1");
  const at::NoGradGuard no_grad;
  ForwardOptions evaluation;
  evaluation.training = false;
  const auto device = model.parameters().front().tensor.device();
  for (std::int64_t begin = 0; begin < examples.size(); begin += batch_size) {
    std::vector<std::int64_t> indices(std::min(batch_size, examples.size() - begin));
    std::iota(indices.begin(), indices.end(), begin);
    const Batch gathered = examples.gather(indices);
    Batch batch;
    for (const auto& [name, tensor] : gathered.tensors()) batch.set(name, tensor.to(device));
    sums.add(batch, model.forward(batch, evaluation));
  }
  return sums.results();
}

}  // namespace timetrial::speech
