#include "workloads/metrics/ssim.h"

#include "workloads/recorded_metric.h"
#include "workloads/recorded_tensor.h"

#include <nlohmann/json.hpp>

#include <limits>
#include <stdexcept>

namespace timetrial::metrics {
namespace {

constexpr std::int64_t kWindow = 7;
constexpr double kK1 = 0.01, kK2 = 0.03;
// The reference's float32 noise.
constexpr double kTolerance = 1e-5;

/// Means over windows, [B, H, W] to [B, H - 6, W - 6].
at::Tensor window_means(const at::Tensor& x) { return at::avg_pool2d(x, kWindow, /*stride=*/1); }

/// [B] or undefined to double [B, 1, 1].
at::Tensor per_image(const at::Tensor& values, double otherwise, const at::Tensor& images) {
  const at::Tensor given =
      values.defined() ? values.to(at::kDouble)
                       : at::full({images.size(0)}, otherwise, images.options().dtype(at::kDouble));
  return given.view({-1, 1, 1});
}

std::vector<CheckResult> check(const nlohmann::json& record, const std::filesystem::path&) {
  std::vector<CheckResult> results;
  const auto compare = [&](const std::string& name, const at::Tensor& found,
                           const nlohmann::json& expected) {
    const at::Tensor wanted = workloads::recorded_tensor(expected);
    const double error = found.sizes() == wanted.sizes()
                             ? (found - wanted).abs().max().item<double>()
                             : std::numeric_limits<double>::infinity();
    results.push_back(workloads::compared(name, error, kTolerance));
  };
  int number = 0;
  for (const auto& one : record.at("cases")) {
    const auto tensor = [&](const char* name) { return workloads::recorded_tensor(one.at(name)); };
    const std::string name = "case " + std::to_string(number++);
    const at::Tensor images = tensor("logits"), references = tensor("targets");
    compare(name, ssim(images, references, {tensor("mean"), tensor("std"), tensor("volume_max")}),
            one.at("ssim"));
    compare(name + " without scale", ssim(images, references),
            one.at("ssim_without_mean_std_volume_max"));
  }
  return results;
}

}  // namespace

at::Tensor ssim(const at::Tensor& images, const at::Tensor& references, const ImageScale& scale) {
  if (images.dim() != 3 || images.sizes() != references.sizes() || images.size(1) < kWindow ||
      images.size(2) < kWindow) {
    throw std::invalid_argument(
        "ssim: images and references must both be [B, H, W], H and W at "
        "least 7");
  }
  const at::Tensor mean = per_image(scale.mean, 0, images), std = per_image(scale.std, 1, images);
  const at::Tensor given_range = per_image(scale.volume_max, 1, images);
  const at::Tensor range = at::where(given_range.eq(0), 1.0, given_range);
  const at::Tensor x = images * std + mean, y = references * std + mean;
  const at::Tensor ux = window_means(x), uy = window_means(y);
  const double pixels = kWindow * kWindow, sample = pixels / (pixels - 1);
  const at::Tensor vx = sample * (window_means(x * x) - ux * ux);
  const at::Tensor vy = sample * (window_means(y * y) - uy * uy);
  const at::Tensor vxy = sample * (window_means(x * y) - ux * uy);
  const at::Tensor c1 = (kK1 * range).square(), c2 = (kK2 * range).square();
  const at::Tensor similarity =
      (2 * ux * uy + c1) * (2 * vxy + c2) / ((ux * ux + uy * uy + c1) * (vx + vy + c2));
  return similarity.mean({1, 2}).clamp(-1, 1);
}

TIMETRIAL_RECORDED_METRIC("ssim", check);

}  // namespace timetrial::metrics
