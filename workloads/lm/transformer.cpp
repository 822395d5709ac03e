// The model of AlgoPerf's finewebedu_lm, as facts of its commit 4c37f2aa208f:
//   x = embed(ids); per layer: x += attention(rms_norm(x)); x += mlp(rms_norm(x));
//   logits = rms_norm(x) embed^T
// No biases; the embedding is also the output matrix. The bfloat16 autocast of the original is left
// out: everything is float32. Config's switches change one part each.
#include "workloads/lm/lm.h"
#include "workloads/lm/self_attention.h"
#include "workloads/nn/attention_taps.h"
#include "workloads/nn/builder.h"
#include "workloads/nn/norm.h"
#include "workloads/nn/scaling.h"
#include "workloads/nn/taps.h"

#include <ATen/core/grad_mode.h>

#include <optional>

namespace timetrial::lm {
namespace {

/// The tensors of one layer. A parallel one has one norm and two fused matrices.
struct Layer {
  std::string name;
  std::optional<SelfAttention> attention;
  nn::Norm attn_norm, mlp_norm;
  nn::Linear w_qkv, w_out, fc1, fc2;
  nn::Norm norm;
  nn::Linear in, out;  ///< parallel: [qkv; fc1] and [w_out, fc2]
};

class Transformer final : public nn::BuiltModel {
 public:
  Transformer(const Config& config, c10::Device device)
      : BuiltModel(device),
        config_(config),
        scaling_(scaling_of(config)),
        rotary_(config.sequence_length, config.width / config.heads, config.rotary_base, device) {
    nn::Builder& add = builder();
    embedding_ = add.embedding("embed_tokens", config.vocab_size, config.width, scaling_.embedding);
    for (std::int64_t i = 0; i < config.layers; ++i) {
      const std::string name = "layers." + std::to_string(i);
      layers_.push_back(config.parallel ? parallel_layer(name) : layer(name));
    }
    out_norm_ = norm("out_norm");
    if (!config.tied) {
      const auto place = parameters_.size();
      head_ = linear("lm_head", config.width, config.vocab_size, scaling_.head);
      parameters_[place].stated_role = ParameterRole::readout;
    }
  }

  ModelOutput forward(const Batch& batch, const ForwardOptions&) override {
    const at::Tensor ids = batch.inputs();
    if (ids.dim() != 2 || ids.size(1) > config_.sequence_length) {
      throw std::invalid_argument("language model: inputs must be [B, T] with T <= " +
                                  std::to_string(config_.sequence_length));
    }
    at::Tensor x = nn::times(embedding_(ids), config_.embedding_scale);
    for (const Layer& layer : layers_) {
      x = config_.parallel ? parallel_block(x, layer) : block(x, layer);
      nn::tap_rms(layer.name + ".output_rms", x);
    }
    // A bias of the head is none of the outputs that muParam divides.
    x = nn::times(out_norm_(x), scaling_.output);
    const at::Tensor logits = config_.tied ? at::linear(x, embedding_.weight) : head_(x);
    tap_log_z(logits);
    return {logits, {}};
  }

 private:
  nn::Linear linear(const std::string& name, std::int64_t in, std::int64_t out,
                    const nn::Initializer& init, ParameterType type = ParameterType::weight) {
    return builder().linear(
        name,
        {.in = in, .out = out, .bias = config_.biases, .weight_init = init, .weight_type = type});
  }

  nn::Norm norm(const std::string& name) {
    return nn::add_norm(builder(), name,
                        {.width = config_.width,
                         .centred = config_.norm == Norm::layer,
                         .bias = config_.biases,
                         .epsilon = kEpsilon});
  }

  /// What the first linear layer of the MLP gives.
  std::int64_t mlp_inputs() const {
    return hidden_units(config_) * (config_.gate == Gate::none ? 1 : 2);
  }

  Layer layer(const std::string& name) {
    const auto width = config_.width;
    Layer layer;
    layer.name = name;
    layer.attention.emplace(builder(), name + ".attn", config_);
    layer.w_qkv = linear(name + ".attn.w_qkv", width, attention_inputs(config_), scaling_.qkv,
                         ParameterType::attention_qkv);
    layer.w_out = linear(name + ".attn.w_out", width, width, scaling_.attention_out,
                         ParameterType::attention_out);
    layer.attn_norm = norm(name + ".attn_norm");
    layer.fc1 = linear(name + ".mlp.fc1", width, mlp_inputs(), scaling_.mlp_in);
    layer.fc2 = linear(name + ".mlp.fc2", hidden_units(config_), width, scaling_.mlp_out);
    layer.mlp_norm = norm(name + ".mlp_norm");
    return layer;
  }

  Layer parallel_layer(const std::string& name) {
    const auto width = config_.width;
    Layer layer;
    layer.name = name;
    layer.attention.emplace(builder(), name + ".attn", config_);
    layer.in =
        linear(name + ".in", width, attention_inputs(config_) + mlp_inputs(), scaling_.parallel_in);
    layer.out = linear(name + ".out", width + hidden_units(config_), width, scaling_.parallel_out);
    layer.norm = norm(name + ".norm");
    return layer;
  }

  at::Tensor block(at::Tensor x, const Layer& layer) const {
    const at::Tensor attended = nn::times(
        layer.w_out((*layer.attention)(layer.w_qkv(layer.attn_norm(x)), rotary_, layer.name)),
        scaling_.branch);
    nn::tap_rms(layer.name + ".attention_branch_rms", attended);
    x = x + attended;
    return x + nn::times(layer.fc2(activated(layer.fc1(layer.mlp_norm(x)))), scaling_.branch);
  }

  at::Tensor parallel_block(const at::Tensor& x, const Layer& layer) const {
    const auto split = attention_inputs(config_);
    const at::Tensor projected = layer.in(layer.norm(x));
    const at::Tensor attended =
        (*layer.attention)(projected.narrow(-1, 0, split), rotary_, layer.name);
    if (nn::tapping()) {
      const at::NoGradGuard no_grad;
      nn::tap_rms(layer.name + ".attention_branch_rms",
                  nn::times(at::linear(attended, layer.out.weight.narrow(1, 0, config_.width)),
                            scaling_.branch));
    }
    const at::Tensor hidden = activated(projected.narrow(-1, split, mlp_inputs()));
    return x + nn::times(layer.out(at::cat({attended, hidden}, -1)), scaling_.branch);
  }

  /// [..., 2 H] -> [..., H], or without a gate [..., H] -> [..., H].
  at::Tensor activated(const at::Tensor& x) const {
    if (config_.gate == Gate::none) return nn::gelu_tanh(x);
    if (config_.gate == Gate::sigmoid) return at::glu(x, -1);
    const auto halves = x.chunk(2, -1);
    return halves[0] * at::silu(halves[1]);
  }

  static void tap_log_z(const at::Tensor& logits) {
    if (!nn::tapping()) return;
    const at::NoGradGuard no_grad;
    nn::tap("log_z", logits.logsumexp(-1).mean(at::kDouble).item<double>());
  }

  Config config_;
  Scaling scaling_;
  RotaryTables rotary_;
  nn::Embedding embedding_;
  nn::Linear head_;  ///< unless it is the embedding
  nn::Norm out_norm_;
  std::vector<Layer> layers_;
};

}  // namespace

std::unique_ptr<workloads::Model> make_transformer(const Config& config, c10::Device device) {
  validate(config);
  return std::make_unique<Transformer>(config, device);
}

}  // namespace timetrial::lm
