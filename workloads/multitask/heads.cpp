#include "workloads/multitask/heads.h"

#include "workloads/multitask/task_losses.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include <cmath>

namespace timetrial::multitask {

const char* to_string(Activation activation) {
  return activation == Activation::tanh ? "tanh" : "relu";
}

Trunk::Trunk(nn::Builder& builder, const std::string& name, std::int64_t in,
             const std::vector<std::int64_t>& widths, Activation activation)
    : activation_(activation) {
  const double gain = activation == Activation::relu ? 2 : 1;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    layers_.push_back(
        builder.linear(name + "." + std::to_string(i),
                       {.in = in,
                        .out = widths[i],
                        .weight_init = nn::normal(std::sqrt(gain / static_cast<double>(in)))}));
    in = widths[i];
  }
}

at::Tensor Trunk::operator()(at::Tensor x) const {
  for (const nn::Linear& layer : layers_) {
    x = activation_ == Activation::relu ? layer(x).relu() : layer(x).tanh();
  }
  return x;
}

Heads::Heads(nn::Builder& builder, const std::vector<Task>& tasks, std::int64_t width,
             const std::vector<std::int64_t>& hidden) {
  const std::int64_t last = hidden.empty() ? width : hidden.back();
  for (const Task& task : tasks) {
    towers_.emplace_back(builder, "towers." + task.name, width, hidden, Activation::relu);
    heads_.push_back(builder.linear("heads." + task.name, {.in = last, .out = task.outputs}));
  }
}

at::Tensor Heads::of_task(std::size_t task, const at::Tensor& x) const {
  return heads_[task](towers_[task](x));
}

ModelOutput Heads::of_all(const at::Tensor& representation) const {
  ModelOutput output;
  output.representation = representation;
  for (std::size_t k = 0; k < heads_.size(); ++k) {
    output.task_outputs.push_back(of_task(k, representation));
  }
  output.logits = at::cat(output.task_outputs, 1);
  return output;
}

ModelOutput Heads::of_each(const at::Tensor& representation, const at::Tensor& tasks) const {
  ModelOutput output;
  output.representation = representation;
  const auto rows = rows_of_tasks(tasks, static_cast<std::int64_t>(heads_.size()));
  std::vector<at::Tensor> used, places;
  for (std::size_t k = 0; k < heads_.size(); ++k) {
    output.task_outputs.emplace_back();
    if (!rows[k].defined()) continue;
    output.task_outputs.back() = of_task(k, representation.index_select(0, rows[k]));
    used.push_back(output.task_outputs.back());
    places.push_back(rows[k]);
  }
  if (used.empty()) return output;
  const at::Tensor joined = at::cat(used);
  output.logits = at::zeros({representation.size(0), joined.size(1)}, joined.options())
                      .index_copy(0, at::cat(places), joined);
  return output;
}

}  // namespace timetrial::multitask
