#include "workloads/metrics/calibration.h"

#include "workloads/metrics/class_scores.h"

#include <ATen/ops/log_softmax.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace timetrial::metrics {
namespace {

double mean_nats(const at::Tensor& logits, const at::Tensor& labels, double temperature) {
  return -at::log_softmax(logits.div(temperature), 1)
              .gather(1, labels.unsqueeze(1))
              .mean()
              .item<double>();
}

}  // namespace

double expected_calibration_error(const at::Tensor& confidence, const at::Tensor& right, int bins) {
  struct Bin {
    double examples = 0, confidence = 0, right = 0;
  };
  std::vector<Bin> all(static_cast<std::size_t>(bins));
  const at::Tensor confidences = confidence.to(at::kDouble).contiguous(),
                   hits = right.to(at::kBool).contiguous();
  const double* value = confidences.const_data_ptr<double>();
  const bool* hit = hits.const_data_ptr<bool>();
  for (std::int64_t i = 0; i < confidences.numel(); ++i) {
    // Bins are open below and closed above, so 1 is in the last one.
    const double place = std::ceil(value[i] * bins) - 1;
    Bin& bin = all[static_cast<std::size_t>(std::clamp(place, 0.0, bins - 1.0))];
    bin.examples += 1;
    bin.confidence += value[i];
    bin.right += hit[i] ? 1 : 0;
  }
  double error = 0;
  for (const Bin& bin : all) error += std::abs(bin.right - bin.confidence);
  return error / static_cast<double>(confidences.numel());
}

Calibration calibration(const at::Tensor& logits, const at::Tensor& labels, double temperature) {
  require_scores(logits, labels);
  if (!(temperature > 0)) throw std::invalid_argument("calibration: temperature must be above 0");
  const at::Tensor scores = logits.to(at::kDouble).div(temperature);
  const at::Tensor probabilities = at::log_softmax(scores, 1).exp();
  const auto [confidence, answer] = probabilities.max(1);
  const at::Tensor right = answer.eq(labels);
  const at::Tensor of_label = probabilities.gather(1, labels.unsqueeze(1)).squeeze(1);
  return {
      .ece = expected_calibration_error(confidence, right),
      .nll = mean_nats(scores, labels, 1),
      // sum_c p_c^2 - 2 p_label + 1
      .brier = probabilities.square().sum(1).sub(of_label, 2).add(1).mean().item<double>(),
      .accuracy = right.to(at::kDouble).mean().item<double>(),
  };
}

double fit_temperature(const at::Tensor& logits, const at::Tensor& labels) {
  require_scores(logits, labels);
  const at::Tensor scores = logits.to(at::kDouble);
  const auto nats = [&](double sharpness) { return mean_nats(scores, labels, 1 / sharpness); };
  // Golden section over the logarithm of 1 / temperature: unimodal, as it is convex in 1 /
  // temperature.
  const double ratio = (std::sqrt(5.0) - 1) / 2;
  double low = -std::log(64.0), high = std::log(64.0);
  double left = high - ratio * (high - low), right = low + ratio * (high - low);
  double at_left = nats(std::exp(left)), at_right = nats(std::exp(right));
  while (high - low > 1e-6) {
    if (at_left < at_right) {
      high = right;
      right = left;
      at_right = at_left;
      left = high - ratio * (high - low);
      at_left = nats(std::exp(left));
    } else {
      low = left;
      left = right;
      at_left = at_right;
      right = low + ratio * (high - low);
      at_right = nats(std::exp(right));
    }
  }
  return std::exp(-(low + high) / 2);
}

}  // namespace timetrial::metrics
