#pragma once
// muParam's coordinate check: over the first steps of training a model's activations, and what its
// logits have changed by, are as large in wide models as in narrow ones; without muParam they grow.
//
//   const auto slopes = test::slopes_over_widths([&](std::int64_t width) {
//     const auto model = …;
//     return test::after_steps(*model, batch, mean_loss,
//                              {.output = "layers.1.output_rms", .multiple = width / 32.0});
//   });
//
// Source  Yang et al. 2022 (arXiv 2203.03466), appendix D

#include "workloads/nn/taps.h"
#include "workloads/workload.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace timetrial::test {

/// Of log y against log x, by least squares.
inline double log_log_slope(const std::vector<double>& x, const std::vector<double>& y) {
  const auto count = static_cast<double>(x.size());
  double x_mean = 0, y_mean = 0, xx = 0, xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    x_mean += std::log(x[i]) / count;
    y_mean += std::log(y[i]) / count;
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (std::log(x[i]) - x_mean) * (std::log(x[i]) - x_mean);
    xy += (std::log(x[i]) - x_mean) * (std::log(y[i]) - y_mean);
  }
  return xy / xx;
}

/// The first steps of Adam, with one rate for matrices of growing width and one for the rest.
class Adam {
 public:
  Adam(const workloads::Model& model, double rate, double hidden_rate)
      : model_(model), rate_(rate), hidden_rate_(hidden_rate) {
    for (const Parameter& p : model.parameters()) {
      mean_.push_back(at::zeros_like(p.tensor));
      square_.push_back(at::zeros_like(p.tensor));
    }
  }

  void step() {
    const at::NoGradGuard no_grad;
    ++steps_;
    for (std::size_t i = 0; i < mean_.size(); ++i) {
      const Parameter& p = model_.parameters()[i];
      at::Tensor weight = p.tensor, gradient = p.tensor.grad();
      mean_[i].mul_(0.9).add_(gradient, 0.1);
      square_[i].mul_(0.95).addcmul_(gradient, gradient, 0.05);
      const at::Tensor direction = mean_[i] / (1 - std::pow(0.9, steps_)) /
                                   (square_[i] / (1 - std::pow(0.95, steps_))).sqrt().add(1e-12);
      weight.sub_(direction, role_of(p) == ParameterRole::hidden ? hidden_rate_ : rate_);
      gradient.zero_();
    }
  }

 private:
  const workloads::Model& model_;
  double rate_, hidden_rate_;
  int steps_ = 0;
  std::vector<at::Tensor> mean_, square_;
};

/// Root mean squares.
struct Coordinates {
  double output;        ///< of the block that was asked for
  double logit_change;  ///< of the logits, against those before the first step
};

struct CoordinateCheck {
  std::string output;   ///< the tap that tells of the block
  double multiple = 1;  ///< what the rate of hidden matrices is divided by
  double rate = 0.02;
  int steps = 4;
};

/// Initializes the model and trains it on one batch.
inline Coordinates after_steps(
    workloads::Model& model, const Batch& batch,
    const std::function<at::Tensor(const ModelOutput& output)>& mean_loss,
    const CoordinateCheck& check) {
  model.initialize(3);
  ForwardOptions without_dropout;
  without_dropout.dropout = 0;
  at::Tensor before;
  Adam adam(model, check.rate, check.rate / check.multiple);
  for (int i = 0; i < check.steps; ++i) {
    const ModelOutput output = model.forward(batch, without_dropout);
    if (i == 0) before = output.logits.detach();
    mean_loss(output).backward();
    adam.step();
  }
  const at::NoGradGuard no_grad;
  const nn::Taps taps;
  const at::Tensor change = model.forward(batch, without_dropout).logits - before;
  return {taps.values().at(check.output), change.square().mean().sqrt().item<double>()};
}

/// Of the logarithms of both against that of the width, over widths of 32 to 256.
inline Coordinates slopes_over_widths(
    const std::function<Coordinates(std::int64_t width)>& coordinates) {
  std::vector<double> widths, outputs, changes;
  for (const std::int64_t width : {32, 64, 128, 256}) {
    const Coordinates found = coordinates(width);
    widths.push_back(static_cast<double>(width));
    outputs.push_back(found.output);
    changes.push_back(found.logit_change);
  }
  return {log_log_slope(widths, outputs), log_log_slope(widths, changes)};
}

}  // namespace timetrial::test
