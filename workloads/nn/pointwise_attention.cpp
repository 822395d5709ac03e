#include "workloads/nn/pointwise_attention.h"

#include "workloads/nn/attention_blocks.h"
#include "workloads/nn/attention_gpu.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <stdexcept>

namespace timetrial::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Times n_i^-alpha.
at::Tensor over_visible_keys(const at::Tensor& weights, const AttentionOptions& options) {
  const auto queries = weights.size(-2), keys = weights.size(-1);
  if (!options.causal) return weights * std::pow(static_cast<double>(keys), -options.alpha);
  const auto visible = at::arange(1, queries + 1, weights.options()).clamp_max(keys);
  return weights * visible.pow(-options.alpha).unsqueeze(1);
}

/// By plain operations; `options.scale` is set.
at::Tensor plain(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                 const AttentionOptions& options) {
  const at::Tensor scores = at::matmul(query * options.scale, key.transpose(-2, -1));
  at::Tensor weights = weights_of(scores, options.form);
  if (options.causal) weights = weights.tril();
  return at::matmul(dropout(over_visible_keys(weights, options), options.dropout), value);
}

/// Gradients of plain() that can be differentiated again.
variable_list plain_gradients(const variable_list& inputs, const AttentionOptions& options,
                              const at::Tensor& output_gradient) {
  variable_list wanted;
  for (const at::Tensor& input : inputs) {
    if (input.requires_grad()) wanted.push_back(input);
  }
  const at::Tensor output = plain(inputs[0], inputs[1], inputs[2], options);
  const auto found = torch::autograd::grad({output}, wanted, {output_gradient},
                                           /*retain_graph=*/true, /*create_graph=*/true);
  variable_list result;
  auto next = found.begin();
  for (const at::Tensor& input : inputs) {
    result.push_back(input.requires_grad() ? *next++ : at::Tensor());
  }
  return result;
}

at::Tensor in_one_pass(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                       const AttentionOptions& options) {
  return (query.is_cpu() ? attend_in_blocks : attend_on_gpu)(query, key, value, options);
}

class OnePass final : public torch::autograd::Function<OnePass> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& query,
                            const at::Tensor& key, const at::Tensor& value,
                            const AttentionOptions& options) {
    context->save_for_backward({query, key, value});
    auto& kept = context->saved_data;
    kept["scale"] = options.scale;
    kept["causal"] = options.causal;
    kept["form"] = static_cast<std::int64_t>(options.form);
    kept["alpha"] = options.alpha;
    return in_one_pass(query, key, value, options);
  }

  static variable_list backward(AutogradContext* context, const variable_list& output_gradients) {
    const auto inputs = context->get_saved_variables();
    auto& kept = context->saved_data;
    const AttentionOptions options = {.scale = kept["scale"].toDouble(),
                                      .causal = kept["causal"].toBool(),
                                      .form = static_cast<AttentionForm>(kept["form"].toInt()),
                                      .alpha = kept["alpha"].toDouble()};
    variable_list result;
    if (at::GradMode::is_enabled()) {
      result = plain_gradients(inputs, options, output_gradients[0]);
    } else {
      const auto differentiate =
          inputs[0].is_cpu() ? attention_gradients_in_blocks : attention_gradients_on_gpu;
      auto gradients = differentiate(output_gradients[0], inputs[0], inputs[1], inputs[2], options);
      result.assign(gradients.begin(), gradients.end());
    }
    result.resize(4);  // none for the options
    return result;
  }
};

bool kernels_take(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                  const AttentionOptions& options) {
  if (options.dropout > 0 || query.dim() != 4 || value.size(-1) != query.size(-1)) return false;
  bool on_cpu = true;
  for (const at::Tensor& tensor : {query, key, value}) {
    if (tensor.numel() == 0) return false;
    on_cpu = on_cpu && tensor.is_cpu() && tensor.scalar_type() == at::kFloat;
  }
  return on_cpu || gpu_kernels_take(query, key, value);
}

}  // namespace

at::Tensor weights_of(const at::Tensor& scores, AttentionForm form) {
  switch (form) {
    case AttentionForm::softmax:
      break;
    case AttentionForm::relu:
      return scores.relu();
    case AttentionForm::squared_relu:
      return scores.relu().square();
    case AttentionForm::gelu:
      return gelu_tanh(scores);
    case AttentionForm::softplus:
      return at::softplus(scores);
    case AttentionForm::identity:
      return scores;
    case AttentionForm::relu6:
      return scores.clamp(0, 6);
    case AttentionForm::sigmoid:
      return scores.sigmoid();
  }
  throw std::invalid_argument("point-wise attention has no form " + std::string(to_string(form)));
}

at::Tensor pointwise_attention(const at::Tensor& query, const at::Tensor& key,
                               const at::Tensor& value, const AttentionOptions& options) {
  AttentionOptions scaled = options;
  if (scaled.scale == 0) scaled.scale = 1 / std::sqrt(static_cast<double>(query.size(-1)));
  if (scaled.form == AttentionForm::softmax || !kernels_take(query, key, value, scaled)) {
    return plain(query, key, value, scaled);
  }
  if (!at::GradMode::is_enabled()) return in_one_pass(query, key, value, scaled);
  return OnePass::apply(query, key, value, scaled);
}

}  // namespace timetrial::nn
