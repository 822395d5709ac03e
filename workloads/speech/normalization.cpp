#include "workloads/speech/normalization.h"

#include <ATen/core/grad_mode.h>

#include <sstream>

namespace timetrial::speech {
namespace {

constexpr double kLayerNormEpsilon = 1e-6;

constexpr const char* kRunningMean = ".running_mean";
constexpr const char* kRunningVariance = ".running_var";

}  // namespace

ZeroCentredLayerNorm::ZeroCentredLayerNorm(nn::Builder& builder, const std::string& name,
                                           std::int64_t width)
    : scale_(builder.parameter(name + ".scale", ParameterType::layer_norm_scale, {width},
                               nn::zeros())),
      bias_(builder.parameter(name + ".bias", ParameterType::layer_norm_bias, {width},
                              nn::zeros())) {}

at::Tensor ZeroCentredLayerNorm::operator()(const at::Tensor& x) const {
  return at::layer_norm(x, {scale_.size(0)}, 1 + scale_, bias_, kLayerNormEpsilon);
}

void validate(const BatchNormConfig& config) {
  if (!(config.momentum >= 0 && config.momentum <= 1)) {
    throw workloads::ConfigError("batch norm: momentum = " + std::to_string(config.momentum) +
                                 "; it must be between 0 and 1");
  }
  if (!(config.epsilon > 0)) {
    throw workloads::ConfigError("batch norm: epsilon = " + std::to_string(config.epsilon) +
                                 "; it must be above 0");
  }
}

std::string configuration(const BatchNormConfig& config) {
  std::ostringstream text;
  text << "batch_norm_epsilon = " << config.epsilon << "\n"
       << "batch_norm_momentum = " << config.momentum << "\n";
  return text.str();
}

MaskedBatchNorm::MaskedBatchNorm(nn::Builder& builder, std::vector<NamedTensor>& state,
                                 const std::string& name, const std::string& scale_name,
                                 std::int64_t width, const BatchNormConfig& config)
    : scale_(builder.parameter(name + "." + scale_name, ParameterType::batch_norm_scale, {width},
                               nn::zeros())),
      bias_(
          builder.parameter(name + ".bias", ParameterType::batch_norm_bias, {width}, nn::zeros())),
      running_mean_(at::empty({width}, scale_.options().requires_grad(false))),
      running_variance_(at::empty_like(running_mean_)),
      config_(config) {
  state.push_back({name + kRunningMean, running_mean_});
  state.push_back({name + kRunningVariance, running_variance_});
}

void MaskedBatchNorm::remember(const at::Tensor& mean, const at::Tensor& variance) const {
  const at::NoGradGuard no_grad;
  const auto blend = [&](at::Tensor running, const at::Tensor& now) {
    running.mul_(1 - config_.momentum).add_(now, config_.momentum);
  };
  blend(running_mean_, mean);
  blend(running_variance_, variance);
}

at::Tensor MaskedBatchNorm::operator()(const at::Tensor& x, const at::Tensor& paddings,
                                       const ForwardOptions& options) const {
  const auto padded = paddings.ne(0).unsqueeze(2);
  at::Tensor mean = running_mean_, variance = running_variance_;
  if (options.training) {
    const auto frames = (1 - paddings).sum();
    mean = x.masked_fill(padded, 0).sum(at::IntArrayRef{0, 1}) / frames;
    variance = (x - mean).masked_fill(padded, 0).square().sum(at::IntArrayRef{0, 1}) / frames;
    if (options.update_batch_norm) remember(mean, variance);
  }
  const auto factor = (1 + scale_) * at::rsqrt(variance + config_.epsilon);
  return ((x - mean) * factor + bias_).masked_fill(padded, 0);
}

void reset_running_statistics(const std::vector<NamedTensor>& state) {
  const at::NoGradGuard no_grad;
  for (const NamedTensor& one : state) {
    at::Tensor(one.tensor).fill_(one.name.ends_with(kRunningVariance) ? 1 : 0);
  }
}

}  // namespace timetrial::speech
