#include "optim/multitask/last_shared.h"

#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/accumulate_grad.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <unordered_set>

namespace timetrial::multitask::detail {
namespace {

using torch::autograd::AccumulateGrad;
using torch::autograd::Node;

/// By leaf: when the first of the operations that take it was done. Numbers of operations rise with
/// time.
using FirstUses = std::map<const c10::TensorImpl*, std::uint64_t>;

FirstUses first_uses(const at::Tensor& tensor) {
  FirstUses uses;
  if (!tensor.defined() || !tensor.requires_grad()) return uses;
  std::vector<Node*> open{tensor.grad_fn().get()};
  std::unordered_set<const Node*> seen(open.begin(), open.end());
  if (open.front() == nullptr) return uses;  // a leaf itself
  while (!open.empty()) {
    Node* node = open.back();
    open.pop_back();
    for (const auto& edge : node->next_edges()) {
      Node* next = edge.function.get();
      if (next == nullptr) continue;
      if (const auto* leaf = dynamic_cast<AccumulateGrad*>(next)) {
        const auto [use, added] =
            uses.emplace(leaf->variable.unsafeGetTensorImpl(), node->sequence_nr());
        if (!added) use->second = std::min(use->second, node->sequence_nr());
      } else if (seen.insert(next).second) {
        open.push_back(next);
      }
    }
  }
  return uses;
}

}  // namespace

std::vector<std::size_t> places_below(const at::Tensor& tensor,
                                      const std::vector<Parameter>& parameters) {
  const auto uses = first_uses(tensor);
  std::vector<std::size_t> places;
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    if (uses.count(parameters[p].tensor.unsafeGetTensorImpl()) != 0) places.push_back(p);
  }
  return places;
}

std::size_t last_of(const std::vector<at::Tensor>& losses, const std::vector<Parameter>& parameters,
                    const std::vector<std::size_t>& places) {
  FirstUses uses;
  for (const auto& loss : losses) {
    for (const auto& [leaf, time] : first_uses(loss)) {
      const auto [use, added] = uses.emplace(leaf, time);
      if (!added) use->second = std::min(use->second, time);
    }
  }
  const auto rank = [&](std::size_t place) {
    const auto& tensor = parameters[place].tensor;
    return std::pair(tensor.dim() > 1, uses[tensor.unsafeGetTensorImpl()]);
  };
  return *std::max_element(places.begin(), places.end(),
                           [&](std::size_t i, std::size_t j) { return rank(i) < rank(j); });
}

}  // namespace timetrial::multitask::detail
