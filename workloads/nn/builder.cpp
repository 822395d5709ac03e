#include "workloads/nn/builder.h"

#include <timetrial/random.h>

namespace timetrial::nn {

at::Tensor Builder::parameter(const std::string& name, ParameterType type,
                              const std::vector<std::int64_t>& shape,
                              const Initializer& initializer) {
  auto tensor = at::empty(shape, at::TensorOptions(at::kFloat).device(device_));
  tensor.requires_grad_(true);
  parameters_.push_back({name, type, tensor});
  initializers_.push_back(initializer);
  return tensor;
}

Linear Builder::linear(const std::string& name, const LinearSpec& spec) {
  Linear layer;
  layer.weight =
      parameter(name + ".weight", spec.weight_type, {spec.out, spec.in}, spec.weight_init);
  if (spec.bias) layer.bias = parameter(name + ".bias", spec.bias_type, {spec.out}, spec.bias_init);
  return layer;
}

LayerNorm Builder::layer_norm(const std::string& name, std::int64_t width, double epsilon) {
  const auto weight = parameter(name + ".weight", ParameterType::layer_norm_scale, {width}, ones());
  const auto bias = parameter(name + ".bias", ParameterType::layer_norm_bias, {width}, zeros());
  return {weight, bias, epsilon};
}

Embedding Builder::embedding(const std::string& name, std::int64_t rows, std::int64_t width,
                             const Initializer& initializer) {
  return {parameter(name + ".weight", ParameterType::embedding, {rows, width}, initializer)};
}

void BuiltModel::initialize(std::uint64_t seed) {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const auto& parameter = parameters_[i];
    fill(parameter.tensor, builder_.initializers()[i], derive_seed(seed, parameter.name));
  }
}

}  // namespace timetrial::nn
