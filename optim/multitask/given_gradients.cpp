#include "optim/multitask/given_gradients.h"

#include <ATen/ops/mul.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>

#include <memory>
#include <utility>

namespace timetrial::multitask::detail {
namespace {

using torch::autograd::variable_list;

/// Hands each parameter its gradient, times what the scalar is differentiated by.
struct GivenGradients final : torch::autograd::Node {
  variable_list apply(variable_list&& outer) override {
    variable_list result;
    for (const auto& gradient : given) {
      result.push_back(gradient.mul(outer[0].to(gradient.scalar_type())));
    }
    return result;
  }
  void release_variables() override { given.clear(); }

  variable_list given;
};

}  // namespace

at::Tensor with_given_gradients(const at::Tensor& value, const std::vector<at::Tensor>& parameters,
                                const std::vector<at::Tensor>& gradients) {
  at::Tensor scalar = value.detach().clone();
  variable_list reached, given;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (!gradients[i].defined()) continue;
    reached.push_back(parameters[i]);
    given.push_back(gradients[i].detach());
  }
  if (reached.empty()) return scalar;
  const std::shared_ptr<GivenGradients> node(new GivenGradients(), torch::autograd::deleteNode);
  node->given = std::move(given);
  node->set_next_edges(torch::autograd::collect_next_edges(reached));
  torch::autograd::set_history(scalar, node);
  return scalar;
}

}  // namespace timetrial::multitask::detail
