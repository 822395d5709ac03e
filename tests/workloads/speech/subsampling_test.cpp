#include "workloads/speech/subsampling.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>

namespace timetrial::speech {
namespace {

constexpr std::int64_t kWidth = 3;

/// values[c][t][f], zero outside.
struct Image {
  std::int64_t channels, frames, bins;
  std::vector<double> values;
  Image(std::int64_t c, std::int64_t t, std::int64_t f)
      : channels(c), frames(t), bins(f), values(static_cast<std::size_t>(c * t * f)) {}
  double& at(std::int64_t c, std::int64_t t, std::int64_t f) {
    return values[static_cast<std::size_t>((c * frames + t) * bins + f)];
  }
  double get(std::int64_t c, std::int64_t t, std::int64_t f) {
    return t < 0 || f < 0 || t >= frames || f >= bins ? 0 : at(c, t, f);
  }
};

/// A 3x3 convolution with stride 2 as TensorFlow places it: an even side starts at its first
/// entry, an odd one an entry before it.
Image halve(Image image, const at::Tensor& kernel, const at::Tensor& bias, bool tanh,
            std::int64_t valid) {
  Image result(kWidth, (image.frames + 1) / 2, (image.bins + 1) / 2);
  const std::int64_t shift_t = image.frames % 2, shift_f = image.bins % 2;
  const auto weights = kernel.accessor<float, 4>();
  for (std::int64_t o = 0; o < kWidth; ++o) {
    for (std::int64_t t = 0; t < result.frames; ++t) {
      for (std::int64_t f = 0; f < result.bins; ++f) {
        double sum = bias[o].item<double>();
        for (std::int64_t k = 0; k < 9 * image.channels; ++k) {
          const std::int64_t c = k / 9, i = k / 3 % 3, j = k % 3;
          sum += weights[o][c][i][j] * image.get(c, 2 * t + i - shift_t, 2 * f + j - shift_f);
        }
        result.at(o, t, f) = t >= valid ? 0 : tanh ? std::tanh(sum) : std::max(sum, 0.0);
      }
    }
  }
  return result;
}

class SubsamplingTest : public testing::TestWithParam<std::tuple<int, SubsamplingActivation>> {};

TEST_P(SubsamplingTest, EqualsThePlainLoops) {
  const auto [frames, activation] = GetParam();
  const bool tanh = activation == SubsamplingActivation::tanh;
  std::vector<Parameter> parameters;
  nn::Builder builder(parameters, at::kCPU);
  const Subsampling subsampling(builder, "linear", kMelBins, kWidth, activation);
  const at::NoGradGuard no_grad;
  at::manual_seed(6);
  for (const auto& p : parameters) at::Tensor(p.tensor).normal_(0, 0.3);
  const auto features = at::randn({1, frames, kMelBins});
  auto paddings = at::zeros({1, frames});
  paddings.slice(1, frames - 2).fill_(1);
  const auto found = subsampling({features, paddings});

  Image image(1, frames, kMelBins);
  for (std::int64_t t = 0; t < frames; ++t) {
    for (std::int64_t f = 0; f < kMelBins; ++f)
      image.at(0, t, f) = features[0][t][f].item<double>();
  }
  // Padding is read off at entries 0, 2, 4, …
  const std::int64_t valid = (frames - 2 + 1) / 2, valid_twice = (valid + 1) / 2;
  const auto tensor = [&](int index) { return parameters[static_cast<std::size_t>(index)].tensor; };
  auto twice = halve(halve(image, tensor(0), tensor(1), tanh, valid), tensor(2), tensor(3), tanh,
                     valid_twice);
  ASSERT_EQ(found.values.sizes(), at::IntArrayRef({1, twice.frames, kWidth}));
  for (std::int64_t t = 0; t < twice.frames; ++t) {
    EXPECT_EQ(found.paddings[0][t].item<double>(), t >= valid_twice ? 1 : 0);
    for (std::int64_t o = 0; o < kWidth; ++o) {
      double expected = tensor(5)[o].item<double>();
      for (std::int64_t i = 0; i < twice.bins * kWidth; ++i) {
        expected += tensor(4)[o][i].item<double>() * twice.at(i % kWidth, t, i / kWidth);
      }
      EXPECT_NEAR(found.values[0][t][o].item<double>(), expected, 1e-4);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EvenAndOddLengths, SubsamplingTest,
                         testing::Combine(testing::Values(7, 8, 9, 10),
                                          testing::Values(SubsamplingActivation::relu,
                                                          SubsamplingActivation::tanh)));

}  // namespace
}  // namespace timetrial::speech
