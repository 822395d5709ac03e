#include "harness/worker/qualify.h"

#include "harness/clock/clock.h"
#include "harness/device/device.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/add.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros_like.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace timetrial::worker {
namespace {

using clock::seconds;

/// A size that suits caches and cores, or thousands of them.
std::int64_t sized(c10::Device device, std::int64_t cpu, std::int64_t gpu) {
  return device.is_cpu() ? cpu : gpu;
}

/// Numbers in [-0.5, 0.5) that look random and are the same everywhere: speed must not depend on
/// zeros or denormal numbers, nor on a generator.
at::Tensor numbers(std::vector<std::int64_t> sizes, c10::Device device, double scale = 1) {
  std::int64_t count = 1;
  for (const auto size : sizes) count *= size;
  const auto index = at::arange(count, at::TensorOptions().dtype(at::kDouble));
  constexpr double kGoldenRatio = 0.6180339887498949;
  const auto values = (index * kGoldenRatio).frac_().sub_(0.5).mul_(scale);
  return values.to(device, at::kFloat).view(sizes);
}

/// Runs `work` often enough to fill about `kPortion`, several times over; returns `amount` per
/// second and run.
nlohmann::ordered_json measured(c10::Device device, double amount,
                                const std::function<void()>& work) {
  constexpr double kPortion = 0.12;
  constexpr int kRepeats = 9;
  const clock::SteadyClock clock;
  const auto time_of = [&](int runs) {
    device::drain(device);
    const auto start = clock.now();
    for (int run = 0; run < runs; ++run) work();
    device::drain(device);
    return seconds(clock.now() - start);
  };
  time_of(3);  // kernels are chosen, memory is taken
  const int runs =
      std::clamp(static_cast<int>(kPortion / std::max(time_of(2) / 2, 1e-7)), 1, 100'000);
  std::vector<double> rates;
  for (int repeat = 0; repeat < kRepeats; ++repeat) rates.push_back(amount * runs / time_of(runs));
  std::sort(rates.begin(), rates.end());
  return {{"median", rates[kRepeats / 2]},
          {"low", rates.front()},
          {"high", rates.back()},
          {"repeats", kRepeats}};
}

nlohmann::ordered_json measure_gemm(c10::Device device) {
  const auto n = sized(device, 1024, 4096);
  const auto a = numbers({n, n}, device), b = numbers({n, n}, device);
  auto out = at::zeros_like(a);
  return measured(device, 2e-9 * std::pow(static_cast<double>(n), 3),
                  [&] { at::mm_out(out, a, b); });
}

nlohmann::ordered_json measure_convolution(c10::Device device) {
  const auto images = sized(device, 32, 256);
  constexpr std::int64_t kChannels = 64, kSide = 28, kKernel = 3;
  const auto input = numbers({images, kChannels, kSide, kSide}, device);
  const auto kernel = numbers({kChannels, kChannels, kKernel, kKernel}, device);
  const auto operations =
      2.0 * static_cast<double>(images * kSide * kSide) * kChannels * kChannels * kKernel * kKernel;
  return measured(device, operations * 1e-9,
                  [&] { at::conv2d(input, kernel, {}, /*stride=*/1, /*padding=*/1); });
}

nlohmann::ordered_json measure_triad(c10::Device device) {
  const auto count = sized(device, 1 << 24, 1 << 27);  // 64 MiB, 512 MiB an array
  const auto b = at::ones({count}, device), c = at::ones({count}, device);
  auto a = at::zeros_like(b);
  const double gigabytes = 3.0 * sizeof(float) * static_cast<double>(count) * 1e-9;
  return measured(device, gigabytes, [&] { at::add_out(a, b, c, 3.0); });
}

/// A small convolutional network, its fixed batch and its fixed update.
class ReferenceTraining {
 public:
  explicit ReferenceTraining(c10::Device device)
      : images_(numbers({kBatch, 1, 28, 28}, device)),
        labels_(
            at::arange(kBatch, at::TensorOptions().dtype(at::kLong)).remainder_(10).to(device)) {
    add({16, 1, 3, 3}, device);
    add({32, 16, 3, 3}, device);
    add({128, 32 * 7 * 7}, device);
    add({10, 128}, device);
  }

  void step() {
    auto x = at::conv2d(images_, weights_[0], {}, /*stride=*/2, /*padding=*/1).relu_();
    x = at::conv2d(x, weights_[1], {}, /*stride=*/2, /*padding=*/1).relu_();
    x = at::relu(at::linear(x.flatten(1), weights_[2]));
    at::cross_entropy_loss(at::linear(x, weights_[3]), labels_).backward();
    const at::NoGradGuard no_grad;
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      auto gradient = weights_[i].grad();
      momentum_[i].mul_(0.9).add_(gradient);
      weights_[i].add_(momentum_[i], -1e-3);
      gradient.zero_();
    }
  }

 private:
  static constexpr std::int64_t kBatch = 128;

  void add(std::vector<std::int64_t> sizes, c10::Device device) {
    std::int64_t fan_in = 1;
    for (std::size_t i = 1; i < sizes.size(); ++i) fan_in *= sizes[i];
    const double scale = 2 * std::sqrt(3.0 / static_cast<double>(fan_in));
    weights_.push_back(numbers(std::move(sizes), device, scale).requires_grad_());
    momentum_.push_back(at::zeros_like(weights_.back()).detach());
  }

  at::Tensor images_, labels_;
  std::vector<at::Tensor> weights_, momentum_;
};

}  // namespace

std::string qualify_json(const std::string& device_name, std::int64_t threads) {
  const auto device = device::open_device(device_name, threads);
  ReferenceTraining training(device);
  nlohmann::ordered_json answer{{"device", device_name}, {"threads", threads}};
  {
    const at::NoGradGuard no_grad;
    answer["gemm_gflops"] = measure_gemm(device);
    answer["convolution_gflops"] = measure_convolution(device);
    answer["triad_gb_per_s"] = measure_triad(device);
  }
  answer["training_steps_per_s"] = measured(device, 1, [&] { training.step(); });
  return answer.dump();
}

}  // namespace timetrial::worker
