// Front end, subsampling, recurrent and feed-forward layers and head put together.
#include "workloads/deepspeech/deepspeech.h"
#include "workloads/deepspeech/sequence_lstm.h"
#include "workloads/speech/recognition.h"
#include "workloads/speech/subsampling.h"

#include <optional>

namespace timetrial::deepspeech {
namespace {

/// What one forward pass gives to every layer.
struct Pass {
  ForwardOptions options;
  double dropout = 0;
  at::Tensor paddings;  ///< [B, T]
};

/// Batch norm or layer norm, as configured.
class Normalization {
 public:
  Normalization(nn::Builder& builder, std::vector<NamedTensor>& state, const std::string& name,
                const Config& config) {
    if (config.layer_norm) {
      layer_.emplace(builder, name + ".normalization_layer", config.width);
    } else {
      batch_.emplace(builder, state, name + ".bn_normalization_layer", "weight", config.width,
                     config.batch_norm);
    }
  }
  at::Tensor operator()(const at::Tensor& x, const Pass& pass) const {
    return layer_ ? (*layer_)(x) : (*batch_)(x, pass.paddings, pass.options);
  }

 private:
  std::optional<speech::ZeroCentredLayerNorm> layer_;
  std::optional<speech::MaskedBatchNorm> batch_;
};

class Recurrent {
 public:
  Recurrent(nn::Builder& builder, std::vector<NamedTensor>& state, const std::string& name,
            const Config& config)
      : norm_(builder, state, name, config),
        lstm_(builder, name + ".lstm",
              {.in = config.width,
               .hidden = config.bidirectional ? config.width / 2 : config.width,
               .bidirectional = config.bidirectional}) {}
  at::Tensor operator()(const at::Tensor& x, const Lengths& lengths, const Pass& pass) const {
    return lstm_(norm_(x, pass), lengths, pass.options.training);
  }

 private:
  Normalization norm_;
  SequenceLstm lstm_;
};

class FeedForward {
 public:
  FeedForward(nn::Builder& builder, std::vector<NamedTensor>& state, const std::string& name,
              const Config& config)
      : norm_(builder, state, name, config),
        linear_(builder.linear(
            name + ".lin",
            {.in = config.width, .out = config.width, .weight_init = nn::xavier_uniform()})),
        tanh_(config.tanh) {}
  at::Tensor operator()(const at::Tensor& x, const Pass& pass) const {
    const auto hidden = linear_(norm_(x, pass));
    const auto activated = tanh_ ? hidden.tanh() : hidden.relu();
    return nn::dropout(activated * (1 - pass.paddings).unsqueeze(2), pass.dropout);
  }

 private:
  Normalization norm_;
  nn::Linear linear_;
  bool tanh_;
};

class DeepSpeech final : public speech::RecognitionModel {
 public:
  DeepSpeech(const Config& config, c10::Device device);
  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override;

 private:
  at::Tensor joined(const at::Tensor& x, const at::Tensor& layer_output) const {
    return residual_ ? x + layer_output : layer_output;
  }

  speech::Subsampling subsampling_;
  std::vector<Recurrent> recurrent_;
  std::vector<FeedForward> feed_forward_;
  std::optional<speech::ZeroCentredLayerNorm> norm_;
  nn::Linear head_;
  bool residual_;
};

DeepSpeech::DeepSpeech(const Config& config, c10::Device device)
    : RecognitionModel(device, config.log_mel, config.spec_augment),
      subsampling_(
          builder(), "lin", config.log_mel.bins(), config.width,
          config.tanh ? speech::SubsamplingActivation::tanh : speech::SubsamplingActivation::relu),
      residual_(config.residual) {
  for (std::int64_t i = 0; i < config.lstm_layers; ++i) {
    recurrent_.emplace_back(builder(), state_, "lstms." + std::to_string(i), config);
  }
  for (std::int64_t i = 0; i < config.feed_forward_layers; ++i) {
    feed_forward_.emplace_back(builder(), state_, "ffns." + std::to_string(i), config);
  }
  if (config.final_layer_norm) norm_.emplace(builder(), "ln", config.width);
  head_ = builder().linear(
      "lin", {.in = config.width, .out = config.vocab_size, .weight_init = nn::xavier_uniform()});
}

ModelOutput DeepSpeech::forward(const Batch& batch, const ForwardOptions& options) {
  const auto frames = subsampling_(features(batch, options));
  const Pass pass = {options, nn::dropout_rate(options, speech::kDefaultDropout), frames.paddings};
  const Lengths lengths(frames.paddings);
  at::Tensor x = nn::dropout(frames.values, pass.dropout);
  for (const Recurrent& layer : recurrent_) x = joined(x, layer(x, lengths, pass));
  for (const FeedForward& layer : feed_forward_) x = joined(x, layer(x, pass));
  if (norm_) x = (*norm_)(x);
  return {head_(x), frames.paddings};
}

}  // namespace

std::unique_ptr<workloads::Model> make_model(const Config& config, c10::Device device) {
  validate(config);
  return std::make_unique<DeepSpeech>(config, device);
}

}  // namespace timetrial::deepspeech
