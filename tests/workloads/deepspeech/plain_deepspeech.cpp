#include "plain_deepspeech.h"

#include "workloads/nn/builder.h"
#include "workloads/speech/log_mel.h"
#include "workloads/speech/subsampling.h"

#include <ATen/core/grad_mode.h>

namespace timetrial::deepspeech {
namespace {

using Values = std::map<std::string, at::Tensor>;

Values values_of(const workloads::Model& model) {
  Values values;
  for (const auto& one : model.parameters()) {
    values[one.name] = one.tensor.detach().to(at::kDouble);
  }
  for (const auto& one : model.state()) values[one.name] = one.tensor.to(at::kDouble);
  return values;
}

at::Tensor linear(const Values& values, const std::string& name, const at::Tensor& x) {
  return at::matmul(x, values.at(name + ".weight").t()) + values.at(name + ".bias");
}

at::Tensor layer_norm(const Values& values, const std::string& name, const at::Tensor& x) {
  const auto centred = x - x.mean(1, true);
  const auto variance = centred.square().mean(1, true);
  return centred / (variance + 1e-6).sqrt() * (1 + values.at(name + ".scale")) +
         values.at(name + ".bias");
}

at::Tensor normalised(const Config& config, const Values& values, const std::string& layer,
                      const at::Tensor& x) {
  if (config.layer_norm) return layer_norm(values, layer + ".normalization_layer", x);
  const std::string name = layer + ".bn_normalization_layer";
  const auto normal = (x - values.at(name + ".running_mean")) /
                      (values.at(name + ".running_var") + config.batch_norm.epsilon).sqrt();
  return normal * (1 + values.at(name + ".weight")) + values.at(name + ".bias");
}

at::Tensor recurrent(const Config& config, const Values& values, const std::string& name,
                     const at::Tensor& x) {
  const auto weights = [&](const std::string& suffix) {
    std::vector<at::Tensor> result;
    for (const auto* what : {"weight_ih", "weight_hh", "bias_ih", "bias_hh"}) {
      result.push_back(values.at(name + ".lstm." + what + "_l0" + suffix));
    }
    return result;
  };
  const auto normal = normalised(config, values, name, x);
  const auto ahead = plain_lstm(weights(""), normal, false);
  return config.bidirectional ? at::cat({ahead, plain_lstm(weights("_reverse"), normal, true)}, 1)
                              : ahead;
}

at::Tensor encode(const Config& config, const Values& values, at::Tensor x) {
  const auto add = [&](const at::Tensor& y) { x = config.residual ? x + y : y; };
  for (std::int64_t i = 0; i < config.lstm_layers; ++i) {
    add(recurrent(config, values, "lstms." + std::to_string(i), x));
  }
  for (std::int64_t i = 0; i < config.feed_forward_layers; ++i) {
    const std::string name = "ffns." + std::to_string(i);
    const auto hidden = linear(values, name + ".lin", normalised(config, values, name, x));
    add(config.tanh ? hidden.tanh() : hidden.clamp_min(0));
  }
  if (config.final_layer_norm) x = layer_norm(values, "ln", x);
  return linear(values, "lin", x);
}

}  // namespace

at::Tensor plain_lstm(const std::vector<at::Tensor>& weights, const at::Tensor& x, bool backward) {
  const auto sigmoid = [](const at::Tensor& t) { return 1 / (1 + (-t).exp()); };
  const std::int64_t frames = x.size(0), hidden = weights[1].size(1);
  auto output = at::zeros({hidden}, x.options()), cell = at::zeros({hidden}, x.options());
  std::vector<at::Tensor> outputs(static_cast<std::size_t>(frames));
  for (std::int64_t step = 0; step < frames; ++step) {
    const std::int64_t t = backward ? frames - 1 - step : step;
    const auto gates =
        at::mv(weights[0], x[t]) + weights[2] + at::mv(weights[1], output) + weights[3];
    const auto gate = [&](std::int64_t which) { return gates.narrow(0, which * hidden, hidden); };
    cell = sigmoid(gate(1)) * cell + sigmoid(gate(0)) * gate(2).tanh();
    output = sigmoid(gate(3)) * cell.tanh();
    outputs[static_cast<std::size_t>(t)] = output;
  }
  return at::stack(outputs);
}

std::vector<at::Tensor> plain_logits(const Config& config, const workloads::Model& model,
                                     const Batch& batch) {
  const at::NoGradGuard no_grad;
  std::vector<Parameter> parameters;
  nn::Builder builder(parameters, at::kCPU);
  const speech::Subsampling subsampling(
      builder, "lin", config.log_mel.bins(), config.width,
      config.tanh ? speech::SubsamplingActivation::tanh : speech::SubsamplingActivation::relu);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    parameters[i].tensor.copy_(model.parameters()[i].tensor);
  }
  const auto frames =
      subsampling(speech::LogMel(at::kCPU)(batch.inputs(), batch.at("input_paddings")));
  const Values values = values_of(model);
  std::vector<at::Tensor> logits;
  for (std::int64_t b = 0; b < batch.size(); ++b) {
    const auto valid = frames.paddings[b].eq(0);
    logits.push_back(encode(config, values, frames.values[b].index({valid}).to(at::kDouble)));
  }
  return logits;
}

}  // namespace timetrial::deepspeech
