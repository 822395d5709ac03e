#include "workloads/nn/twice_differentiable.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

namespace timetrial::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// What the backward pass needs: the plain operation, and the fast one's own small graph, which is
/// cut off from the rest.
struct Kept final : torch::CustomClassHolder {
  Operation plain;
  variable_list inputs;
  at::Tensor output;
};

/// Gradients of `output` with respect to those inputs that require one; undefined for the others.
variable_list gradients(const at::Tensor& output, const variable_list& inputs,
                        const at::Tensor& output_gradient, bool create_graph) {
  variable_list wanted;
  for (const auto& input : inputs) {
    if (input.requires_grad()) wanted.push_back(input);
  }
  const auto found = torch::autograd::grad({output}, wanted, {output_gradient},
                                           /*retain_graph=*/true, create_graph,
                                           /*allow_unused=*/true);
  variable_list result;
  auto next = found.begin();
  for (const auto& input : inputs) {
    result.push_back(input.requires_grad() ? *next++ : at::Tensor());
  }
  return result;
}

class TwiceDifferentiable final : public torch::autograd::Function<TwiceDifferentiable> {
 public:
  static at::Tensor forward(AutogradContext* context, at::TensorList inputs, const Operation& fast,
                            const Operation& plain) {
    context->save_for_backward(inputs.vec());
    const auto kept = c10::make_intrusive<Kept>();
    kept->plain = plain;
    for (const auto& input : inputs) {
      kept->inputs.push_back(input.detach().requires_grad_(input.requires_grad()));
    }
    {
      const at::AutoGradMode recording(true);
      kept->output = fast(kept->inputs);
    }
    context->saved_data["kept"] = c10::IValue::make_capsule(kept);
    return kept->output.detach();
  }

  static variable_list backward(AutogradContext* context, const variable_list& output_gradients) {
    const auto capsule = context->saved_data["kept"].toCapsule();
    const auto& kept = static_cast<const Kept&>(*capsule);
    const auto inputs = context->get_saved_variables();
    auto result = at::GradMode::is_enabled()
                      ? gradients(kept.plain(inputs), inputs, output_gradients[0], true)
                      : gradients(kept.output, kept.inputs, output_gradients[0], false);
    result.resize(inputs.size() + 2);  // none for the two operations
    return result;
  }
};

}  // namespace

at::Tensor twice_differentiable(const std::vector<at::Tensor>& inputs, const Operation& fast,
                                const Operation& plain) {
  if (!at::GradMode::is_enabled()) return fast(inputs);
  return TwiceDifferentiable::apply(at::TensorList(inputs), fast, plain);
}

}  // namespace timetrial::nn
