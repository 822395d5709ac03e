#include "workloads/speech/subsampling.h"

namespace timetrial::speech {
namespace {

/// Zeros around the last two dimensions so that a 3x3 kernel with stride 2 gives half, rounded up.
at::Tensor pad_same(const at::Tensor& images) {
  const std::int64_t before_t = images.size(2) % 2, before_f = images.size(3) % 2;
  return at::constant_pad_nd(images, {before_f, 1, before_t, 1});
}

}  // namespace

Subsampling::Convolution Subsampling::add(nn::Builder& builder, const std::string& name,
                                          std::int64_t in, std::int64_t out) {
  const auto kernel = builder.parameter(name + ".kernel", ParameterType::conv_weight,
                                        {out, in, 3, 3}, nn::xavier_uniform());
  return {kernel, builder.parameter(name + ".bias", ParameterType::bias, {out}, nn::zeros())};
}

Subsampling::Subsampling(nn::Builder& builder, const std::string& linear_name,
                         std::int64_t mel_bins, std::int64_t width,
                         SubsamplingActivation activation)
    : first_(add(builder, "subsample.conv1", 1, width)),
      second_(add(builder, "subsample.conv2", width, width)),
      linear_(builder.linear(
          "subsample." + linear_name,
          {.in = mel_bins / 4 * width, .out = width, .weight_init = nn::xavier_uniform()})),
      activation_(activation) {}

Features Subsampling::halve(const Convolution& convolution, const Features& images) const {
  auto halved = at::conv2d(pad_same(images.values), convolution.kernel, convolution.bias, {2, 2});
  halved = activation_ == SubsamplingActivation::tanh ? halved.tanh() : halved.relu();
  const auto paddings = images.paddings.slice(1, 0, std::nullopt, 2);
  return {halved * (1 - paddings).unsqueeze(1).unsqueeze(3), paddings};
}

Features Subsampling::operator()(const Features& features) const {
  const auto once = halve(first_, {features.values.unsqueeze(1), features.paddings});
  const auto twice = halve(second_, once);
  return {linear_(twice.values.permute({0, 2, 3, 1}).flatten(2)), twice.paddings};
}

}  // namespace timetrial::speech
