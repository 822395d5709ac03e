#include "workloads/unet/simulated_scan.h"

#include <timetrial/random.h>

#include <cmath>
#include <numbers>

namespace timetrial::unet {
namespace {

/// Normal numbers, mean 0 and deviation 1 (Box and Muller 1958), float32 [count].
at::Tensor normal_numbers(std::int64_t count, Random& random) {
  at::Tensor out = at::empty({count}, at::kFloat);
  float* next = out.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < count; ++i) {
    const double radius = std::sqrt(-2 * std::log(1 - random.uniform()));
    *next++ = static_cast<float>(radius * std::cos(2 * std::numbers::pi * random.uniform()));
  }
  return out;
}

at::Tensor smooth_phase(std::int64_t height, std::int64_t width, Random& random) {
  const auto coefficient = [&] { return std::numbers::pi * (2 * random.uniform() - 1); };
  const at::Tensor v = at::linspace(-1, 1, height, at::kDouble).unsqueeze(1);
  const at::Tensor u = at::linspace(-1, 1, width, at::kDouble).unsqueeze(0);
  at::Tensor phase = at::full({height, width}, coefficient(), at::kDouble);
  for (const at::Tensor& term : {u, v, u * u, u * v, v * v}) phase = phase + term * coefficient();
  return phase.to(at::kFloat);
}

}  // namespace

at::Tensor simulate_scan(const at::Tensor& image, std::uint64_t seed) {
  Random random(seed);
  const at::Tensor phase = smooth_phase(image.size(0), image.size(1), random);
  const at::Tensor complex = at::complex(image * phase.cos(), image * phase.sin());
  const at::Tensor kspace = at::fft_fftshift(
      at::fft_fft2(at::fft_ifftshift(complex), /*s=*/{}, {-2, -1}, /*norm=*/"ortho"));
  const auto noise = [&] {
    return normal_numbers(image.numel(), random).view(image.sizes()) * kScanNoise;
  };
  const at::Tensor real = noise();
  return kspace + at::complex(real, noise());
}

at::Tensor image_of_all(const at::Tensor& kspace) {
  return at::fft_fftshift(
             at::fft_ifft2(at::fft_ifftshift(kspace), /*s=*/{}, {-2, -1}, /*norm=*/"ortho"))
      .abs();
}

}  // namespace timetrial::unet
