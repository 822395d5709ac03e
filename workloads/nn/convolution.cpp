#include "workloads/nn/convolution.h"

namespace timetrial::nn {

at::Tensor Conv2d::operator()(const at::Tensor& x) const {
  return at::conv2d(x, weight, bias, stride, padding, dilation, groups);
}

at::Tensor ConvTranspose2d::operator()(const at::Tensor& x) const {
  return at::conv_transpose2d(x, weight, /*bias=*/{}, stride);
}

Conv2d add_conv2d(Builder& builder, const std::string& name, const Conv2dSpec& spec) {
  const at::Tensor weight = builder.parameter(
      name + ".weight", ParameterType::conv_weight,
      {spec.out, spec.in / spec.groups, spec.kernel, spec.kernel}, lecun_normal());
  at::Tensor bias;
  if (spec.bias) bias = builder.parameter(name + ".bias", ParameterType::bias, {spec.out}, zeros());
  return {weight, bias, spec.stride, spec.padding, spec.dilation, spec.groups};
}

ConvTranspose2d add_conv_transpose2d(Builder& builder, const std::string& name, std::int64_t in,
                                     std::int64_t out, std::int64_t stride) {
  return {builder.parameter(name + ".weight", ParameterType::conv_weight, {in, out, stride, stride},
                            lecun_normal()),
          stride};
}

}  // namespace timetrial::nn
