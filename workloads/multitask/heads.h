#pragma once
// Linear heads on a shared representation, one for each task, and the layers below them.

#include "workloads/multitask/task.h"
#include "workloads/nn/builder.h"

#include <vector>

namespace timetrial::multitask {

enum class Activation { tanh, relu };
const char* to_string(Activation activation);

/// Linear layers with the activation after each, named "<name>.<i>". The first weights are normal,
/// with variance 1 / fan_in (tanh) or 2 / fan_in (ReLU); biases 0.
class Trunk {
 public:
  Trunk(nn::Builder& builder, const std::string& name, std::int64_t in,
        const std::vector<std::int64_t>& widths, Activation activation);
  at::Tensor operator()(at::Tensor x) const;

 private:
  std::vector<nn::Linear> layers_;
  Activation activation_;
};

/// Each head is hidden ReLU layers of its own, if it has any, named "towers.<task>.<i>", and a
/// linear layer "heads.<task>", whose first weights LinearSpec has.
class Heads {
 public:
  /// `width`: of the representation; `hidden`: of each head's own layers.
  Heads(nn::Builder& builder, const std::vector<Task>& tasks, std::int64_t width,
        const std::vector<std::int64_t>& hidden = {});

  /// [B, outputs] of one task's head.
  at::Tensor of_task(std::size_t task, const at::Tensor& x) const;
  /// Every head on every row of a representation [B, width]: logits [B, all outputs], one task
  /// after the other.
  ModelOutput of_all(const at::Tensor& representation) const;
  /// On each row the head of its task, tasks int64 [B]: logits [B, outputs], for heads of equal
  /// size.
  ModelOutput of_each(const at::Tensor& representation, const at::Tensor& tasks) const;

 private:
  std::vector<Trunk> towers_;
  std::vector<nn::Linear> heads_;
};

}  // namespace timetrial::multitask
