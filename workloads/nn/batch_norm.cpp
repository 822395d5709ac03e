#include "workloads/nn/batch_norm.h"

#include <ATen/core/grad_mode.h>

#include <stdexcept>

namespace timetrial::nn {

at::Tensor BatchNorm::operator()(const at::Tensor& x, const ForwardOptions& options) const {
  if (options.training && x.numel() == x.size(1)) {
    throw std::invalid_argument(
        "batch norm: one value per channel has no variance; train on more "
        "than one example or larger images");
  }
  const bool statistics = !options.training || options.update_batch_norm;
  return at::batch_norm(x, weight, bias, statistics ? running_mean : at::Tensor(),
                        statistics ? running_var : at::Tensor(), options.training, momentum,
                        epsilon, /*cudnn_enabled=*/true);
}

BatchNorm add_batch_norm(Builder& builder, std::vector<NamedTensor>& state, const std::string& name,
                         std::int64_t channels, double scale) {
  BatchNorm norm;
  norm.weight = builder.parameter(name + ".weight", ParameterType::batch_norm_scale, {channels},
                                  constant(scale));
  norm.bias =
      builder.parameter(name + ".bias", ParameterType::batch_norm_bias, {channels}, zeros());
  const auto options = at::TensorOptions(at::kFloat).device(builder.device());
  norm.running_mean = at::empty({channels}, options);
  norm.running_var = at::empty({channels}, options);
  state.push_back({name + ".running_mean", norm.running_mean});
  state.push_back({name + ".running_var", norm.running_var});
  return norm;
}

void forget(const BatchNorm& norm) {
  const at::NoGradGuard no_grad;
  norm.running_mean.zero_();
  norm.running_var.fill_(1);
}

}  // namespace timetrial::nn
