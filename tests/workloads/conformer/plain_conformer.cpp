#include "plain_conformer.h"

#include "workloads/nn/builder.h"
#include "workloads/speech/log_mel.h"
#include "workloads/speech/subsampling.h"

#include <ATen/core/grad_mode.h>

#include <cmath>

namespace timetrial::conformer {
namespace {

/// Parameters and state of a model in double, by name.
class Values {
 public:
  explicit Values(const workloads::Model& model) {
    for (const auto& one : model.parameters()) {
      values_[one.name] = one.tensor.detach().to(at::kDouble);
    }
    for (const auto& one : model.state()) values_[one.name] = one.tensor.to(at::kDouble);
  }
  const at::Tensor& operator()(const std::string& name) const { return values_.at(name); }

  at::Tensor linear(const std::string& name, const at::Tensor& x) const {
    return at::matmul(x, values_.at(name + ".weight").t()) + values_.at(name + ".bias");
  }
  at::Tensor layer_norm(const std::string& name, const at::Tensor& x) const {
    const auto centred = x - x.mean(1, true);
    const auto variance = centred.square().mean(1, true);
    return centred / (variance + 1e-6).sqrt() * (1 + values_.at(name + ".scale")) +
           values_.at(name + ".bias");
  }

 private:
  std::map<std::string, at::Tensor> values_;
};

double gelu(double x, bool tanh) {
  if (!tanh) return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
  return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}

at::Tensor activate(const at::Tensor& x, Activation activation, bool tanh) {
  auto result = x.contiguous().clone();
  auto* values = result.data_ptr<double>();
  for (std::int64_t i = 0; i < result.numel(); ++i) {
    const double value = values[i];
    values[i] = activation == Activation::gelu ? gelu(value, tanh) : value / (1 + std::exp(-value));
  }
  return result;
}

at::Tensor feed_forward(const Config& config, const Values& values, const std::string& name,
                        const at::Tensor& x) {
  const auto hidden = values.linear(name + ".linear1", values.layer_norm(name + ".ln", x));
  return values.linear(name + ".linear2", activate(hidden, config.activation, true));
}

at::Tensor attention(const Config& config, const Values& values, const std::string& name,
                     const at::Tensor& x) {
  const std::string inner = name + ".self_attention";
  const auto all = values.linear(inner + ".in_proj", values.layer_norm(name + ".ln", x));
  const std::int64_t width = config.width, each = width / config.heads;
  const auto scale = 1.442695041 * (1 + values(inner + ".qs.scale").exp()).log();
  std::vector<at::Tensor> heads;
  for (std::int64_t h = 0; h < config.heads; ++h) {
    const auto part = [&](std::int64_t which) {
      return all.narrow(1, which * width + h * each, each);
    };
    const auto scores =
        at::matmul(part(0) * scale, part(1).t()) / std::sqrt(static_cast<double>(each));
    const auto odds = (scores - scores.amax(1, true)).exp();
    heads.push_back(at::matmul(odds / odds.sum(1, true), part(2)));
  }
  return values.linear(inner + ".out_proj", config.attention_temperature * at::cat(heads, 1));
}

at::Tensor convolution(const Config& config, const Values& values, const std::string& name,
                       const at::Tensor& x) {
  const auto normed = values.layer_norm(name + ".ln", x);
  const auto gated =
      values.linear(name + ".lin1", normed) / (1 + (-values.linear(name + ".lin2", normed)).exp());
  const auto kernel = values(name + ".conv1.weight").squeeze(1);  // [width, taps]
  auto sum = at::zeros_like(gated);
  for (std::int64_t tap = 0; tap < config.kernel_size; ++tap) {
    for (std::int64_t t = 0; t < x.size(0); ++t) {
      const std::int64_t from = t + tap - (config.kernel_size - 1) / 2;
      if (from >= 0 && from < x.size(0)) sum[t] += kernel.select(1, tap) * gated[from];
    }
  }
  const auto normal = (sum - values(name + ".bn.running_mean")) /
                      (values(name + ".bn.running_var") + config.batch_norm.epsilon).sqrt();
  const auto scaled = normal * (1 + values(name + ".bn.scale")) + values(name + ".bn.bias");
  return values.linear(name + ".lin3", activate(scaled, config.activation, false));
}

at::Tensor with_positions(at::Tensor x) {
  const std::int64_t half = x.size(1) / 2;
  for (std::int64_t t = 0; t < x.size(0); ++t) {
    for (std::int64_t i = 0; i < half; ++i) {
      const double phase = static_cast<double>(t) *
                           std::pow(1e4, -static_cast<double>(i) / static_cast<double>(half - 1));
      x[t][i] += std::sin(phase);
      x[t][half + i] += std::cos(phase);
    }
  }
  return x;
}

at::Tensor encode(const Config& config, const Values& values, at::Tensor x) {
  x = with_positions(std::move(x));
  for (std::int64_t i = 0; i < config.layers; ++i) {
    const std::string name = "conformers." + std::to_string(i);
    x = x + 0.5 * feed_forward(config, values, name + ".ff1", x);
    x = x + attention(config, values, name + ".mhsa", x);
    x = x + convolution(config, values, name + ".conv", x);
    x = x + 0.5 * feed_forward(config, values, name + ".ff2", x);
    if (config.post_layer_norm) x = values.layer_norm(name + ".ln", x);
  }
  return values.linear("lin", values.layer_norm("ln", x));
}

}  // namespace

std::vector<at::Tensor> plain_logits(const Config& config, const workloads::Model& model,
                                     const Batch& batch) {
  const at::NoGradGuard no_grad;
  std::vector<Parameter> parameters;
  nn::Builder builder(parameters, at::kCPU);
  const speech::Subsampling subsampling(builder, "linear", config.log_mel.bins(), config.width,
                                        speech::SubsamplingActivation::relu);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    parameters[i].tensor.copy_(model.parameters()[i].tensor);
  }
  const auto frames =
      subsampling(speech::LogMel(at::kCPU)(batch.inputs(), batch.at("input_paddings")));
  const Values values(model);
  std::vector<at::Tensor> logits;
  for (std::int64_t b = 0; b < batch.size(); ++b) {
    const auto valid = frames.paddings[b].eq(0);
    logits.push_back(encode(config, values, frames.values[b].index({valid}).to(at::kDouble)));
  }
  return logits;
}

}  // namespace timetrial::conformer
