#include "harness/conformance/case_differences.h"

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <stdexcept>

namespace timetrial::conformance {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double norm_of(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.to(at::kDouble).norm().item<double>() : 0;
}

double or_infinite(double value) { return std::isnan(value) ? kInfinity : value; }

/// Largest magnitude where the mask is not 0; 0 for nothing.
double largest(at::Tensor values, const at::Tensor& mask) {
  values = values.to(at::kDouble).abs();
  // Not a product: what is masked out may be infinite.
  if (mask.defined()) values = at::where(mask.ne(0), values, 0.0);
  return values.numel() == 0 ? 0 : or_infinite(values.max().item<double>());
}

double relative(double difference, double scale) {
  if (difference == 0) return 0;
  return scale > 0 ? or_infinite(difference / scale) : kInfinity;
}

/// What the reference's own float32 differs from its double by, 0 where it was not recorded.
double noise(const RecordedCase& recorded, const char* key) {
  const auto& train = recorded.sidecar().at("train");
  return train.contains("fp64") ? train.at("fp64").value(key, 0.0) : 0;
}

double gradient_norm(const RecordedCase& recorded) {
  return recorded.sidecar().at("train").at("grad_norm_global").get<double>();
}

}  // namespace

double relative_difference(const RecordedCase& recorded, const at::Tensor& found,
                           const std::string& key, const at::Tensor& mask) {
  const at::Tensor expected = recorded.tensor(key);
  const auto step =
      key.ends_with("/logits") ? recorded.sidecar().value("logits_last_dim_stride", 1) : 1;
  const at::Tensor taken = step == 1 ? found : found.slice(-1, 0, std::nullopt, step);
  if (taken.sizes() != expected.sizes()) {
    std::ostringstream text;
    text << key << " is " << taken.sizes() << ", recorded as " << expected.sizes();
    throw std::invalid_argument(text.str());
  }
  const at::Tensor difference = taken.detach().to(at::kDouble) - expected.to(at::kDouble);
  return relative(largest(difference, mask), largest(expected, mask));
}

double scale(const RecordedCase& recorded, const std::string& key, const at::Tensor& mask) {
  return largest(recorded.tensor(key), mask);
}

double logit_tolerance(const RecordedCase& recorded, const std::string& key,
                       const at::Tensor& mask) {
  const double size = scale(recorded, key, mask);
  const double noisy = 10 * noise(recorded, "max_abs_logit_diff");
  return std::clamp(relative(noisy, size), 1e-5, 1e-4);
}

double gradient_tolerance(const RecordedCase& recorded) {
  return std::clamp(10 * noise(recorded, "max_grad_norm_diff_over_global"), 2e-5, 1e-3);
}

double state_difference(const RecordedCase& recorded, const workloads::Model& model) {
  double worst = 0;
  std::size_t compared = 0;
  for (const auto& [name, tensor] : model.state()) {
    const auto key = "state_after_train/" + name;
    if (!recorded.contains(key)) throw std::invalid_argument(key + " was not recorded");
    worst = std::max(worst, relative_difference(recorded, tensor, key));
    ++compared;
  }
  if (compared != recorded.names("state_after_train/").size()) {
    throw std::invalid_argument("the model has other state than state_after_train/");
  }
  return worst;
}

double gradient_norm_difference(const RecordedCase& recorded, const workloads::Model& model) {
  const auto& norms = recorded.sidecar().at("train").at("grad_norms");
  double worst = 0;
  for (const auto& parameter : model.parameters()) {
    const auto& expected = norms.at(parameter.name);
    const double reference = expected.is_null() ? 0 : expected.get<double>();
    const double found = norm_of(parameter.tensor.grad());
    worst = std::max(worst, or_infinite(std::fabs(found - reference)));
  }
  return worst / gradient_norm(recorded);
}

double gradient_difference(const RecordedCase& recorded, const workloads::Model& model) {
  double worst = 0;
  for (const auto& parameter : model.parameters()) {
    const auto key = "grad/" + parameter.name;
    if (!recorded.contains(key)) continue;
    const at::Tensor expected = recorded.tensor(key);
    const at::Tensor& found = parameter.tensor.grad();
    const double off = found.defined() ? norm_of(found - expected) : norm_of(expected);
    worst = std::max(worst, or_infinite(off));
  }
  return worst / gradient_norm(recorded);
}

}  // namespace timetrial::conformance
