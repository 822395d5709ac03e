#pragma once
// Parameters cut into blocks, with the blocks of one shape side by side in one tensor, a stack: an
// operation on it computes all of them. State is kept stack by stack, rows [N, …] in the order of
// the stack's members.
//
//   struct State {
//     at::Tensor momentum;
//     std::vector<at::Tensor*> tensors() { return {&momentum}; }
//   };
//
//   blocks_.init(training.parameters(), whole_parameters);  // says how each one is cut
//   for (const auto& stack : blocks_.stacks()) states_.push_back({stack.zeros()});
//   // … in update:
//   blocks_.update(reached, states_, [&](State& state, timetrial::StackRows& rows) {
//     state.momentum.mul_(0.9).add_(rows.gradients);
//     rows.add_to_weights(state.momentum, -rate);
//   });

#include <timetrial/gradient_list.h>
#include <timetrial/matrix_functions.h>
#include <timetrial/parameter.h>
#include <timetrial/state.h>

#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace timetrial {

using Sizes = std::vector<std::int64_t>;

/// Without sides of 1, and with neighbours merged, from the first side on, for as long as their
/// product is at most `largest`; {1} if nothing is left.
/// Source: facebookresearch/optimizers, merge_small_dims.
inline Sizes merged_sizes(at::IntArrayRef sizes, std::int64_t largest) {
  Sizes result;
  for (const auto size : sizes) {
    if (size == 1) continue;
    if (!result.empty() && size <= largest / result.back()) {
      result.back() *= size;
    } else {
      result.push_back(size);
    }
  }
  if (result.empty()) result.push_back(1);
  return result;
}

/// How a parameter is cut: seen in the shape `sizes`, into blocks whose sides are at most `largest`
/// (the last one along a side has what is left).
struct Blocking {
  Sizes sizes;
  std::int64_t largest = std::numeric_limits<std::int64_t>::max();
};

/// The blocks of a tensor, in row-major order: views of `seen`, which has the blocking's shape.
inline std::vector<at::Tensor> cut(const at::Tensor& seen, const Blocking& blocking) {
  std::vector<at::Tensor> blocks{seen};
  for (std::int64_t side = 0; side < seen.dim(); ++side) {
    if (seen.size(side) <= blocking.largest) continue;
    std::vector<at::Tensor> finer;
    for (const auto& block : blocks) {
      for (auto& piece : block.split(blocking.largest, side)) finer.push_back(std::move(piece));
    }
    blocks = std::move(finer);
  }
  return blocks;
}

/// The blocks of one shape and type.
struct Stack {
  struct Member {
    std::size_t parameter;  ///< place in Training::parameters()
    std::size_t block;      ///< place in its cut
  };
  Sizes sizes;                ///< of a block
  at::TensorOptions options;  ///< of the parameters
  std::vector<Member> members;

  /// Zeros [N, rest…] in the type that stacks are computed in.
  at::Tensor zeros(const Sizes& rest) const {
    Sizes all{static_cast<std::int64_t>(members.size())};
    all.insert(all.end(), rest.begin(), rest.end());
    return at::zeros(all, options.dtype(matrix_type(c10::typeMetaToScalarType(options.dtype()))));
  }
  at::Tensor zeros() const { return zeros(sizes); }
};

/// The blocks of a stack that a backward pass has reached.
struct StackRows {
  std::vector<at::Tensor> weights;  ///< views to write to
  at::Tensor gradients;             ///< [n, sizes…], of matrix_type; the caller may overwrite it
  at::Tensor index;  ///< int64 [n], rows of the stack; undefined if it is all of them

  at::Tensor stacked_weights() const { return at::stack(weights).to(gradients.scalar_type()); }
  void add_to_weights(const at::Tensor& steps, double factor) {
    at::_foreach_add_(weights, steps.unbind(0), factor);
  }
};

class Blocks {
 public:
  /// `how` says how a parameter is cut; it gives nothing for one that is left out. Parameters
  /// without elements always are.
  void init(const std::vector<Parameter>& parameters,
            const std::function<std::optional<Blocking>(const Parameter&)>& how) {
    for (const auto& parameter : parameters) {
      blockings_.push_back(parameter.tensor.numel() > 0 ? how(parameter) : std::nullopt);
      if (blockings_.back()) add(parameter.tensor.detach(), blockings_.size() - 1);
    }
  }

  /// In the order of their first blocks.
  const std::vector<Stack>& stacks() const { return stacks_; }

  /// Calls step(state, rows) for each stack of which `reached` has blocks, with states[i] for
  /// stack i. When the rows are not all of them, the state handed over has copies of theirs, which
  /// are written back. Parameters that were left out are passed over. Call under at::NoGradGuard.
  template <typename State, typename Step>
  void update(const GradientList& reached, std::vector<State>& states, Step&& step) const {
    std::vector<Seen> seen(blockings_.size());
    for (std::size_t i = 0; i < reached.places.size(); ++i) {
      const auto& blocking = blockings_[reached.places[i]];
      if (blocking)
        seen[reached.places[i]] = see(reached.weights[i], reached.gradients[i], *blocking);
    }
    for (std::size_t i = 0; i < stacks_.size(); ++i) {
      StackRows rows = rows_of(stacks_[i], seen);
      if (!rows.weights.empty()) update_rows(states[i], rows, step);
    }
    for (std::size_t i = 0; i < reached.places.size(); ++i) {
      const at::Tensor& copy = seen[reached.places[i]].weight;
      at::Tensor weight = reached.weights[i];
      if (copy.defined() && !copy.is_alias_of(weight)) weight.copy_(copy.view(weight.sizes()));
    }
  }

 private:
  /// One parameter in the shape of its blocking.
  struct Seen {
    at::Tensor weight;  ///< a copy where the memory of the parameter cannot be seen in that shape
    std::vector<at::Tensor> weights, gradients;
  };

  static Seen see(const at::Tensor& weight, const at::Tensor& gradient, const Blocking& blocking) {
    Seen seen;
    seen.weight = weight.detach().reshape(blocking.sizes);
    seen.weights = cut(seen.weight, blocking);
    seen.gradients = cut(gradient.reshape(blocking.sizes), blocking);
    return seen;
  }

  void add(const at::Tensor& tensor, std::size_t place) {
    const auto& blocking = *blockings_[place];
    const auto blocks = cut(tensor.reshape(blocking.sizes), blocking);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const auto same = [&](const Stack& stack) {
        return blocks[i].sizes() == at::IntArrayRef(stack.sizes) &&
               tensor.dtype() == stack.options.dtype();
      };
      auto stack = std::find_if(stacks_.begin(), stacks_.end(), same);
      if (stack == stacks_.end()) {
        stack = stacks_.insert(stack, {blocks[i].sizes().vec(), tensor.options(), {}});
      }
      stack->members.push_back({place, i});
    }
  }

  static StackRows rows_of(const Stack& stack, const std::vector<Seen>& seen) {
    StackRows rows;
    std::vector<at::Tensor> gradients;
    Sizes index;
    for (std::size_t i = 0; i < stack.members.size(); ++i) {
      const auto [parameter, block] = stack.members[i];
      if (!seen[parameter].weight.defined()) continue;
      rows.weights.push_back(seen[parameter].weights[block]);
      gradients.push_back(seen[parameter].gradients[block]);
      index.push_back(static_cast<std::int64_t>(i));
    }
    if (gradients.empty()) return rows;
    rows.gradients = at::stack(gradients);
    rows.gradients = rows.gradients.to(matrix_type(rows.gradients.scalar_type()));
    if (index.size() < stack.members.size()) {
      rows.index = at::tensor(index, at::kLong).to(rows.gradients.device());
    }
    return rows;
  }

  template <typename State, typename Step>
  static void update_rows(State& state, StackRows& rows, Step& step) {
    if (!rows.index.defined()) return step(state, rows);
    State part = state;
    for (at::Tensor* tensor : part.tensors()) {
      if (tensor->defined()) *tensor = tensor->index_select(0, rows.index);
    }
    step(part, rows);
    const auto from = part.tensors(), to = state.tensors();
    for (std::size_t i = 0; i < to.size(); ++i) {
      if (to[i]->defined()) to[i]->index_copy_(0, rows.index, *from[i]);
    }
  }

  std::vector<std::optional<Blocking>> blockings_;  // in the order of Training::parameters()
  std::vector<Stack> stacks_;
};

/// Under `name`, all tensors of all states.
template <typename State>
void save_states(StateWriter& out, const std::string& name, const std::vector<State>& states) {
  std::vector<at::Tensor> list;
  for (State state : states) {  // a copy of references
    for (const at::Tensor* tensor : state.tensors()) list.push_back(*tensor);
  }
  out.put(name, list);
}

template <typename State>
void load_states(const StateReader& in, const std::string& name, std::vector<State>& states) {
  const auto list = in.tensors(name);
  std::size_t next = 0;
  for (auto& state : states) {
    for (at::Tensor* tensor : state.tensors()) *tensor = list.at(next++);
  }
}

}  // namespace timetrial
