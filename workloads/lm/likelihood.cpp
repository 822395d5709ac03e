#include "workloads/lm/likelihood.h"

#include <ATen/core/grad_mode.h>

#include <numeric>

#include "workloads/lm/lm.h"

namespace timetrial::lm {

Likelihood likelihood(workloads::Model& model, std::int64_t count, std::int64_t batch_size,
                      const std::function<Batch(std::span<const std::int64_t>)>& gather) {
  if (batch_size < 1) throw std::invalid_argument("evaluation batch size must be at least 1");
  const at::NoGradGuard no_grad;
  ForwardOptions evaluation;
  evaluation.training = false;
  const c10::Device device = model.parameters().front().tensor.device();
  Likelihood sum;
  for (std::int64_t begin = 0; begin < count; begin += batch_size) {
    std::vector<std::int64_t> indices(std::min(batch_size, count - begin));
    std::iota(indices.begin(), indices.end(), begin);
    const Batch on_cpu = gather(indices);
    Batch batch;
    for (const auto& [name, tensor] : on_cpu.tensors()) batch.set(name, tensor.to(device));
    const Loss loss = token_loss(batch, model.forward(batch, evaluation).logits, 0);
    sum.nats += loss.per_example.sum(at::kDouble).item<double>();
    sum.tokens += loss.valid_examples.item<double>();
  }
  return sum;
}

}  // namespace timetrial::lm
