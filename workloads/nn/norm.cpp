#include "workloads/nn/norm.h"

namespace timetrial::nn {

at::Tensor Norm::operator()(const at::Tensor& x) const {
  return centred ? at::layer_norm(x, weight.sizes(), weight, bias, epsilon)
                 : at::rms_norm(x, weight.sizes(), weight, epsilon);
}

Norm add_norm(Builder& builder, const std::string& name, const NormSpec& spec) {
  Norm norm;
  norm.epsilon = spec.epsilon;
  norm.centred = spec.centred;
  norm.weight =
      builder.parameter(name + ".weight", ParameterType::layer_norm_scale, {spec.width}, ones());
  if (spec.centred && spec.bias) {
    norm.bias =
        builder.parameter(name + ".bias", ParameterType::layer_norm_bias, {spec.width}, zeros());
  }
  return norm;
}

}  // namespace timetrial::nn
