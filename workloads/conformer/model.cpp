// Front end, subsampling, positions, blocks and head put together.
#include "workloads/conformer/block.h"
#include "workloads/conformer/conformer.h"
#include "workloads/speech/recognition.h"
#include "workloads/speech/subsampling.h"

#include <cmath>
#include <limits>

namespace timetrial::conformer {
namespace {

constexpr double kLongestTimescale = 10000;

/// [frames, width]: sines in the first half, cosines in the second, of position * timescale^-1,
/// whose width / 2 values fall geometrically from 1 to 1 / 10,000. A column of zeros ends an odd
/// width. In float32, as the reference computes it: the phase of late frames keeps its rounding.
at::Tensor position_table(std::int64_t frames, std::int64_t width, c10::Device device) {
  const std::int64_t count = width / 2;
  const auto options = at::TensorOptions(at::kFloat).device(device);
  const double step = std::log(kLongestTimescale) / static_cast<double>(count - 1);
  const auto inverse_timescales = at::exp(at::arange(count, options) * -step);
  const auto phase = at::arange(frames, options).unsqueeze(1) * inverse_timescales;
  return at::constant_pad_nd(at::cat({phase.sin(), phase.cos()}, 1), {0, width % 2});
}

class Conformer final : public speech::RecognitionModel {
 public:
  Conformer(const Config& config, c10::Device device);
  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override;

 private:
  speech::Subsampling subsampling_;
  std::vector<Block> blocks_;
  speech::ZeroCentredLayerNorm norm_;
  nn::Linear head_;
};

Conformer::Conformer(const Config& config, c10::Device device)
    : RecognitionModel(device, config.log_mel, config.spec_augment),
      subsampling_(builder(), "linear", config.log_mel.bins(), config.width,
                   speech::SubsamplingActivation::relu) {
  for (std::int64_t i = 0; i < config.layers; ++i) {
    blocks_.emplace_back(builder(), state_, "conformers." + std::to_string(i), config);
  }
  norm_ = speech::ZeroCentredLayerNorm(builder(), "ln", config.width);
  head_ = builder().linear(
      "lin", {.in = config.width, .out = config.vocab_size, .weight_init = nn::xavier_uniform()});
}

ModelOutput Conformer::forward(const Batch& batch, const ForwardOptions& options) {
  const auto frames = subsampling_(features(batch, options));
  const at::Tensor& paddings = frames.paddings;
  const Pass pass = {options, nn::dropout_rate(options, speech::kDefaultDropout), paddings,
                     (1 - paddings).unsqueeze(2),
                     (paddings.ne(0).to(paddings.dtype()) * std::numeric_limits<float>::lowest())
                         .unsqueeze(1)
                         .unsqueeze(2)};
  const auto& embedded = frames.values;
  at::Tensor x = embedded + position_table(embedded.size(1), embedded.size(2), embedded.device());
  x = nn::dropout(x, pass.dropout);
  for (const Block& block : blocks_) x = block(std::move(x), pass);
  return {head_(norm_(x)), frames.paddings};
}

}  // namespace

std::unique_ptr<workloads::Model> make_model(const Config& config, c10::Device device) {
  validate(config);
  return std::make_unique<Conformer>(config, device);
}

}  // namespace timetrial::conformer
