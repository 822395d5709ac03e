#include "workloads/nn/fused_attention.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <limits>

namespace timetrial::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// By plain operations; `options.scale` is set.
at::Tensor plain(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                 const at::Tensor& mask, const AttentionOptions& options) {
  at::Tensor scores = at::matmul(query * options.scale, key.transpose(-2, -1));
  if (mask.defined()) scores = scores + mask;
  if (options.causal) {
    const auto unseen =
        at::ones({scores.size(-2), scores.size(-1)}, scores.options().dtype(at::kBool)).triu(1);
    scores = scores.masked_fill(unseen, -std::numeric_limits<double>::infinity());
  }
  return at::matmul(dropout(at::softmax(scores, -1), options.dropout), value);
}

/// Gradients of plain() that can be differentiated again.
variable_list plain_gradients(const variable_list& inputs, const at::Tensor& mask,
                              const AttentionOptions& options, const at::Tensor& output_gradient) {
  variable_list wanted;
  for (const at::Tensor& input : inputs) {
    if (input.requires_grad()) wanted.push_back(input);
  }
  const at::Tensor output = plain(inputs[0], inputs[1], inputs[2], mask, options);
  const auto found = torch::autograd::grad({output}, wanted, {output_gradient},
                                           /*retain_graph=*/true, /*create_graph=*/true);
  variable_list result;
  auto next = found.begin();
  for (const at::Tensor& input : inputs) {
    result.push_back(input.requires_grad() ? *next++ : at::Tensor());
  }
  return result;
}

using OptionalTensor = std::optional<at::Tensor>;

OptionalTensor if_defined(const at::Tensor& tensor) {
  return tensor.defined() ? OptionalTensor(tensor) : std::nullopt;
}

class OnePass final : public torch::autograd::Function<OnePass> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& query,
                            const at::Tensor& key, const at::Tensor& value,
                            const OptionalTensor& mask, double scale, bool causal) {
    const auto [output, log_sums] = at::_scaled_dot_product_flash_attention_for_cpu(
        query, key, value, /*dropout_p=*/0, causal, mask, scale);
    context->save_for_backward({query, key, value, mask.value_or(at::Tensor()), output, log_sums});
    context->saved_data["scale"] = scale;
    context->saved_data["causal"] = causal;
    return output;
  }

  static variable_list backward(AutogradContext* context, const variable_list& output_gradients) {
    const auto saved = context->get_saved_variables();
    const double scale = context->saved_data["scale"].toDouble();
    const bool causal = context->saved_data["causal"].toBool();
    variable_list result;
    if (at::GradMode::is_enabled()) {
      result = plain_gradients({saved[0], saved[1], saved[2]}, saved[3],
                               {.scale = scale, .causal = causal}, output_gradients[0]);
    } else {
      auto [query, key, value] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
          output_gradients[0], saved[0], saved[1], saved[2], saved[4], saved[5],
          /*dropout_p=*/0, causal, if_defined(saved[3]), scale);
      result = {std::move(query), std::move(key), std::move(value)};
    }
    result.resize(6);  // none for mask, scale and causal
    return result;
  }
};

}  // namespace

at::Tensor fused_attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                           const at::Tensor& mask, const AttentionOptions& options) {
  AttentionOptions scaled = options;
  if (scaled.scale == 0) scaled.scale = 1 / std::sqrt(static_cast<double>(query.size(-1)));
  if (!query.is_cpu() || options.dropout > 0) return plain(query, key, value, mask, scaled);
  OptionalTensor spread;
  if (mask.defined()) {
    spread = mask.to(query.scalar_type())
                 .expand({query.size(0), mask.size(1), query.size(2), key.size(2)});
  }
  if (!at::GradMode::is_enabled()) {
    return std::get<0>(at::_scaled_dot_product_flash_attention_for_cpu(
        query, key, value, /*dropout_p=*/0, scaled.causal, spread, scaled.scale));
  }
  return OnePass::apply(query, key, value, spread, scaled.scale, scaled.causal);
}

}  // namespace timetrial::nn
