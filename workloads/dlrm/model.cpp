// DLRM as in AlgoPerf's criteo1tb, as facts of its commit 2c90454fc05d:
//   bottom = MLP(dense); rows = table[int32(id) mod vocab]
//   base:   top MLP of [bottom, upper triangle with diagonal of Z Z^T], Z = [bottom; rows]
//   resnet: top MLP of [bottom, rows], hidden blocks after the first add their input
// One logical table is kept as four parameters, joined by rows. Types are AlgoPerf's, which are
// oddities of its name rules: the table's chunks are WEIGHT, and so are the MLPs' layer norms.
#include <ATen/core/grad_mode.h>

#include <cmath>

#include "workloads/dlrm/dlrm.h"
#include "workloads/nn/builder.h"

namespace timetrial::dlrm {
namespace {

constexpr int kChunks = 4;

/// A hidden layer: linear, ReLU, then a layer norm if it has one.
struct HiddenLayer {
  nn::Linear linear;
  nn::LayerNorm norm;     ///< undefined weight: none
  bool residual = false;  ///< adds its input after the ReLU (and the dropout)
};

class Dlrm final : public nn::BuiltModel {
 public:
  Dlrm(const Config& config, c10::Device device) : BuiltModel(device), config_(config) {
    for (int i = 0; i < kChunks; ++i) {
      chunks_.push_back(builder().parameter(
          "embedding_chunk_" + std::to_string(i), ParameterType::weight,
          {config.vocab_size / kChunks, config.embed_dim}, nn::uniform(table_scale() / 2)));
    }
    bottom_ = hidden_layers("bot_mlp", config.dense_features, config.bottom_dims, /*xavier=*/true);
    const auto& top = config.top_dims;
    top_ = hidden_layers("top_mlp", top_width(), {top.begin(), top.end() - 1}, /*xavier=*/false);
    head_ = add_linear(head_name(), top[top.size() - 2], 1, /*xavier=*/false);
    if (config.layer_norm) embed_norm_ = builder().layer_norm("embed_ln", config.embed_dim);
    const auto features = config.categorical_features + 1;
    const at::Tensor pairs = at::triu_indices(features, features, 0, at::kLong);
    triangle_ = (pairs[0] * features + pairs[1]).to(device);
  }

  void initialize(std::uint64_t seed) override {
    BuiltModel::initialize(seed);
    const at::NoGradGuard no_grad;
    // AlgoPerf's table starts uniform on [0, scale), not centred.
    for (at::Tensor chunk : chunks_) chunk.add_(table_scale() / 2);
  }

  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override {
    const at::Tensor& inputs = batch.inputs();
    if (inputs.dim() != 2 ||
        inputs.size(1) != config_.dense_features + config_.categorical_features) {
      throw std::invalid_argument(
          "dlrm: inputs must be [B, " +
          std::to_string(config_.dense_features + config_.categorical_features) + "]");
    }
    at::Tensor bottom = inputs.narrow(1, 0, config_.dense_features);
    for (const HiddenLayer& layer : bottom_) bottom = apply(layer, bottom, 0);
    const at::Tensor rows =
        embed(inputs.narrow(1, config_.dense_features, config_.categorical_features));
    at::Tensor x = config_.resnet ? at::cat({bottom, rows.flatten(1)}, 1) : interact(bottom, rows);
    const double rate = nn::dropout_rate(options, 0);
    for (std::size_t i = 0; i < top_.size(); ++i) {
      x = apply(top_[i], x, i + 1 == top_.size() ? rate : 0);
    }
    return {head_(x), {}};
  }

 private:
  double table_scale() const {
    if (config_.embed_init_scale != 0) return config_.embed_init_scale;
    return 1 / std::sqrt(static_cast<double>(config_.vocab_size));
  }

  std::int64_t top_width() const {
    const auto features = config_.categorical_features + 1;
    return config_.bottom_dims.back() + (config_.resnet
                                             ? config_.categorical_features * config_.embed_dim
                                             : features * (features + 1) / 2);
  }

  /// Positions in AlgoPerf's Sequential: linear, ReLU, layer norm if any; a dropout before the
  /// head.
  std::string layer_name(const std::string& mlp, std::size_t i) const {
    if (config_.resnet) return mlp + "." + std::to_string(i) + ".module.0";
    return mlp + "." + std::to_string(i * (config_.layer_norm ? 3 : 2));
  }
  std::string head_name() const {
    const std::size_t hidden = config_.top_dims.size() - 1;
    if (config_.resnet) return layer_name("top_mlp", hidden);
    return "top_mlp." + std::to_string(hidden * (config_.layer_norm ? 3 : 2) + 1);
  }

  nn::Linear add_linear(const std::string& name, std::int64_t in, std::int64_t out, bool xavier) {
    const double fan_out = static_cast<double>(out), fans = static_cast<double>(in + out);
    return builder().linear(
        name, {.in = in,
               .out = out,
               .weight_init = xavier ? nn::xavier_uniform() : nn::normal(std::sqrt(2 / fans)),
               .bias_init = nn::normal(std::sqrt(1 / fan_out))});
  }

  std::vector<HiddenLayer> hidden_layers(const std::string& mlp, std::int64_t in,
                                         const std::vector<std::int64_t>& dims, bool xavier) {
    std::vector<HiddenLayer> layers;
    for (std::size_t i = 0; i < dims.size(); ++i) {
      HiddenLayer layer;
      layer.linear = add_linear(layer_name(mlp, i), in, dims[i], xavier);
      if (config_.layer_norm) {
        const std::string name = mlp + "." + std::to_string(3 * i + 2);
        layer.norm.weight =
            builder().parameter(name + ".weight", ParameterType::weight, {dims[i]}, nn::ones());
        layer.norm.bias =
            builder().parameter(name + ".bias", ParameterType::bias, {dims[i]}, nn::zeros());
      }
      layer.residual = config_.resnet && i > 0;
      layers.push_back(layer);
      in = dims[i];
    }
    return layers;
  }

  static at::Tensor apply(const HiddenLayer& layer, const at::Tensor& x, double dropout) {
    at::Tensor out = layer.linear(x).relu();
    if (layer.norm.weight.defined()) out = layer.norm(out);
    out = nn::dropout(out, dropout);
    return layer.residual ? out + x : out;
  }

  /// [B, columns] ids as float32 -> [B, columns, embed_dim].
  at::Tensor embed(const at::Tensor& ids) const {
    const at::Tensor row = ids.to(at::kInt).to(at::kLong).remainder(config_.vocab_size);
    const at::Tensor rows = at::embedding(at::cat(chunks_, 0), row);
    return embed_norm_.weight.defined() ? embed_norm_(rows) : rows;
  }

  at::Tensor interact(const at::Tensor& bottom, const at::Tensor& rows) const {
    const at::Tensor z = at::cat({bottom.unsqueeze(1), rows}, 1);
    const at::Tensor products = at::bmm(z, z.transpose(1, 2)).flatten(1);
    return at::cat({bottom, products.index_select(1, triangle_)}, 1);
  }

  Config config_;
  std::vector<at::Tensor> chunks_;
  std::vector<HiddenLayer> bottom_, top_;
  nn::Linear head_;
  nn::LayerNorm embed_norm_;  // undefined weight: none
  at::Tensor triangle_;       // positions in the flattened product matrix, row-major
};

}  // namespace

std::unique_ptr<workloads::Model> make_model(const Config& config, c10::Device device) {
  validate(config);
  return std::make_unique<Dlrm>(config, device);
}

}  // namespace timetrial::dlrm
