// Patches, encoder, pooling and head put together.
#include "workloads/nn/builder.h"
#include "workloads/nn/taps.h"
#include "workloads/vit/encoder.h"
#include "workloads/vit/vit.h"

#include <cmath>
#include <optional>
#include <stdexcept>
#include <string>

namespace timetrial::vit {
namespace {

constexpr double kPositionStd = 0.02;  // Dosovitskiy et al. 2021, their code

/// The fixed two-dimensional table of sines and cosines, [1, rows * columns, width], row-major:
/// [sin(x w), cos(x w), sin(y w), cos(y w)] with w_j = 10000^(-j / (width / 4 - 1)).
at::Tensor position_table(std::int64_t rows, std::int64_t columns, std::int64_t width) {
  const std::int64_t count = width / 4;
  const auto frequencies =
      at::pow(10000.0, -at::arange(count, at::kDouble) / std::max<std::int64_t>(1, count - 1));
  const auto x = at::arange(columns, at::kDouble).unsqueeze(1) * frequencies;
  const auto y = at::arange(rows, at::kDouble).unsqueeze(1) * frequencies;
  const auto over_x = at::cat({x.sin(), x.cos()}, 1).unsqueeze(0).expand({rows, -1, -1});
  const auto over_y = at::cat({y.sin(), y.cos()}, 1).unsqueeze(1).expand({-1, columns, -1});
  return at::cat({over_x, over_y}, 2).view({1, rows * columns, width}).to(at::kFloat);
}

class VisionTransformer final : public nn::BuiltModel {
 public:
  VisionTransformer(const Config& config, c10::Device device);
  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override;

 private:
  /// [B, C, H, W] to [B, tokens, width]: a convolution whose stride is its kernel, as one product.
  at::Tensor embed(const at::Tensor& images) const;

  const Config config_;
  nn::Linear pre_logits_, head_;
  at::Tensor patch_weight_, patch_bias_;
  std::vector<EncoderBlock> blocks_;
  nn::Norm encoder_norm_;
  std::optional<PoolingHead> pooling_;
  at::Tensor positions_;  // [1, tokens, width], of images of config_.image_size
};

VisionTransformer::VisionTransformer(const Config& config, c10::Device device)
    : BuiltModel(device), config_(config) {
  const std::int64_t width = config.width, patch = config.patch_size;
  const std::int64_t side = config.image_size / patch;
  if (config.pre_logits) {
    pre_logits_ =
        builder().linear("pre_logits", {.in = width, .out = width, .bias = config.biases});
  }
  patch_weight_ = builder().parameter("conv_patch_extract.weight", ParameterType::conv_weight,
                                      {width, config.channels, patch, patch}, nn::lecun_normal());
  parameters_.back().stated_role = ParameterRole::embedding;
  if (config.biases) {
    patch_bias_ =
        builder().parameter("conv_patch_extract.bias", ParameterType::bias, {width}, nn::zeros());
  }
  if (config.learned_positions) {
    positions_ = builder().parameter("positions", ParameterType::weight, {1, side * side, width},
                                     nn::normal(kPositionStd));
    parameters_.back().stated_role = ParameterRole::embedding;
  }
  for (std::int64_t i = 0; i < config.depth; ++i) {
    blocks_.emplace_back(builder(), "encoder.net." + std::to_string(i), config);
  }
  if (!config.post_ln) encoder_norm_ = add_norm(builder(), "encoder.encoder_norm", config);
  const auto place = parameters_.size();
  head_ = builder().linear(
      "head",
      {.in = width, .out = config.classes, .bias = config.biases, .weight_init = nn::zeros()});
  parameters_[place].stated_role = ParameterRole::readout;  // its bias is a vector
  if (config.map_head) pooling_.emplace(builder(), "map", config);
  if (!config.learned_positions) positions_ = position_table(side, side, width).to(device);
}

at::Tensor VisionTransformer::embed(const at::Tensor& images) const {
  const std::int64_t patch = config_.patch_size;
  const std::int64_t rows = images.size(2) / patch, columns = images.size(3) / patch;
  const auto patches = images.reshape({images.size(0), images.size(1), rows, patch, columns, patch})
                           .permute({0, 2, 4, 1, 3, 5})
                           .reshape({images.size(0), rows * columns, -1});
  const auto tokens = at::linear(patches, patch_weight_.flatten(1), patch_bias_);
  const bool usual = images.size(2) == config_.image_size && images.size(3) == config_.image_size;
  if (!usual && config_.learned_positions) {
    throw std::invalid_argument("vit: learned positions are those of images of " +
                                std::to_string(config_.image_size) + " pixels a side");
  }
  return nn::times(tokens, config_.embedding_scale) +
         (usual ? positions_ : position_table(rows, columns, config_.width).to(images.device()));
}

ModelOutput VisionTransformer::forward(const Batch& batch, const ForwardOptions& options) {
  const double dropout = nn::dropout_rate(options, 0);
  at::Tensor x = nn::dropout(embed(batch.inputs()), dropout);
  for (const auto& block : blocks_) x = block(std::move(x), dropout);
  if (!config_.post_ln) x = encoder_norm_(x);
  x = pooling_ ? (*pooling_)(x, dropout) : x.mean(1);
  if (config_.pre_logits) x = pre_logits_(x).tanh();
  // The head's bias is none of the outputs that muParam divides.
  const at::Tensor logits = head_(nn::times(x, nn::output_scale(widths_of(config_))));
  if (nn::tapping()) nn::tap("log_z", logits.logsumexp(-1).mean().item<double>());
  return {.logits = logits, .representation = x};
}

}  // namespace

std::unique_ptr<workloads::Model> make_model(const Config& config, c10::Device device) {
  check(config);
  return std::make_unique<VisionTransformer>(config, device);
}

}  // namespace timetrial::vit
