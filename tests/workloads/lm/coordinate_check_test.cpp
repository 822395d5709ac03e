// muParam's coordinate check: over the first steps of training, activations stay as large in wide
// models as in narrow ones; without muParam they grow.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "workloads/lm/lm.h"
#include "workloads/nn/taps.h"

namespace timetrial::lm {
namespace {

constexpr std::int64_t kBase = 32;
const std::vector<std::int64_t> kWidths{32, 64, 128, 256};
constexpr int kSteps = 4;

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

/// Root mean square of the last block's output after a few steps.
double activation(std::int64_t width, bool mup) {
  Config config = bytes_config();
  config.vocab_size = 32;
  config.sequence_length = 16;
  config.width = width;
  config.mlp_dim = 4 * width;
  config.mup_base_width = mup ? kBase : 0;
  config.qk_layer_norm = false;
  config.z_loss = 0;
  const auto model = make_transformer(config, at::kCPU);
  model->initialize(3);
  const at::Tensor ids = at::arange(4 * 17, at::kLong).square().remainder(31).view({4, 17});
  const Batch batch({{"inputs", ids.narrow(1, 0, 16)},
                     {"targets", ids.narrow(1, 1, 16)},
                     {"weights", at::ones({4})}});
  const double n = static_cast<double>(width) / static_cast<double>(kBase);
  Adam adam(*model, 0.02, mup ? 0.02 / n : 0.02);
  for (int i = 0; i < kSteps; ++i) {
    token_loss(batch, model->forward(batch, {}).logits, 0).mean().backward();
    adam.step();
  }
  const at::NoGradGuard no_grad;
  const nn::Taps taps;
  model->forward(batch, {});
  return taps.values().at("layers.1.output_rms");
}

/// Of the logarithm of the activation against that of the width.
double slope(bool mup) {
  double x_mean = 0, y_mean = 0, xx = 0, xy = 0;
  std::vector<double> x, y;
  for (const auto width : kWidths) {
    x.push_back(std::log(static_cast<double>(width)));
    y.push_back(std::log(activation(width, mup)));
    x_mean += x.back() / static_cast<double>(kWidths.size());
    y_mean += y.back() / static_cast<double>(kWidths.size());
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - x_mean) * (x[i] - x_mean);
    xy += (x[i] - x_mean) * (y[i] - y_mean);
  }
  return xy / xx;
}

TEST(CoordinateCheck, IsFlatWithMuParamAndGrowsWithout) {
  EXPECT_NEAR(slope(true), 0, 0.15);
  EXPECT_GT(slope(false), 0.4);
}

}  // namespace
}  // namespace timetrial::lm
