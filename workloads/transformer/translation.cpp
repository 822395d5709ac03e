#include "workloads/transformer/translation.h"

#include <map>
#include <sstream>

#include "workloads/nn/losses.h"
#include "workloads/nn/z_loss.h"
#include "workloads/transformer/model.h"

namespace timetrial::transformer {

const char* to_string(Activation activation) {
  return activation == Activation::tanh ? "tanh" : "relu";
}

Config post_ln(Config config) {
  config.post_ln = true;
  return config;
}

Config attention_temp(Config config) {
  config.attention_temperature = 4;
  return config;
}

Config glu_tanh(Config config) {
  config.glu = true;
  config.activation = Activation::tanh;
  return config;
}

Config with_qk_layer_norm(Config config) {
  config.qk_layer_norm = true;
  return config;
}

Config with_relu_attention(Config config) {
  config.attention = nn::AttentionForm::relu;
  return config;
}

Config with_z_loss(Config config) {
  config.z_loss = 1e-4;
  return config;
}

Translation::Translation(const Config& config) : config_(config) { validate(config); }

workloads::Facts Translation::facts() const {
  workloads::Facts facts;
  facts.loss_type = LossType::softmax_cross_entropy;
  facts.metric = "bleu";
  facts.higher_is_better = true;
  facts.default_dropout = config_.dropout;
  return facts;
}

std::string Translation::configuration() const {
  std::map<std::string, std::string> lines;
  const auto set = [&](const char* key, const auto& value) {
    std::ostringstream out;
    out << value;
    lines[key] = out.str();
  };
  set("activation", to_string(config_.activation));
  set("attention_temperature", config_.attention_temperature);
  set("dropout", config_.dropout);
  set("glu", config_.glu);
  set("heads", config_.heads);
  set("layer_norm_epsilon", config_.layer_norm_epsilon);
  set("layers", config_.layers);
  set("mlp_dim", config_.mlp_dim);
  set("post_ln", config_.post_ln);
  set("vocab_size", config_.vocab_size);
  set("width", config_.width);
  // Switches that came later than the model stand only where they are set, so that workloads of
  // before keep their hashes.
  if (config_.attention != nn::AttentionForm::softmax) {
    set("attention", nn::to_string(config_.attention));
    set("attention_alpha", config_.attention_alpha);
  }
  if (config_.attention_gate) set("attention_gate", 1);
  if (!config_.biases) set("biases", 0);
  if (config_.depth_base != 0) set("depth_base", config_.depth_base);
  if (config_.embedding_scale != 1) set("embedding_scale", config_.embedding_scale);
  if (config_.mup_base_width != 0) set("mup_base_width", config_.mup_base_width);
  if (config_.parallel) set("parallel", 1);
  if (config_.qk_layer_norm) set("qk_layer_norm", 1);
  if (config_.rms_norm) set("rms_norm", 1);
  if (config_.z_loss != 0) set("z_loss", config_.z_loss);
  std::string text;
  for (const auto& [key, value] : lines) text += key + " = " + value + "\n";
  return text;
}

std::unique_ptr<workloads::Model> Translation::make_model(c10::Device device) const {
  return transformer::make_model(config_, device);
}

Loss Translation::loss(const Batch& batch, const ModelOutput& output,
                       double label_smoothing) const {
  return nn::with_z_loss(token_loss(batch, output.logits, label_smoothing), output.logits,
                         batch.weights(), config_.z_loss);
}

Batch Translation::recorded_batch(const std::map<std::string, at::Tensor>& inputs,
                                  bool training) const {
  Batch batch;
  const std::string prefix = training ? "packed_" : "";
  const auto copy = [&](const std::string& from, const std::string& to) {
    const auto found = inputs.find(prefix + from);
    if (found != inputs.end()) batch.set(to, found->second);
  };
  copy("src", "inputs");
  copy("tgt", "targets");
  if (training) {
    copy("src_position", "inputs_position");
    copy("src_segmentation", "inputs_segmentation");
    copy("tgt_position", "targets_position");
    copy("tgt_segmentation", "targets_segmentation");
  }
  batch.set("weights", batch.targets().gt(0).to(at::kFloat));
  return batch;
}

at::Tensor Translation::comparable_logits(const Batch& batch, const ModelOutput&) const {
  return batch.targets().gt(0);
}

void validate(const Config& config) {
  const auto require = [](bool holds, const char* field, auto value, const char* allowed) {
    if (holds) return;
    std::ostringstream message;
    message << field << " = " << value << "; " << allowed;
    throw workloads::ConfigError(message.str());
  };
  require(config.vocab_size >= 1, "vocab_size", config.vocab_size, "use at least 1");
  require(config.width >= 4 && config.width % 2 == 0, "width", config.width,
          "use an even number of at least 4: half sines, half cosines");
  require(config.heads >= 1 && config.width % config.heads == 0, "heads", config.heads,
          "use a divisor of the width");
  require(config.mlp_dim >= 1, "mlp_dim", config.mlp_dim, "use at least 1");
  require(config.layers >= 1, "layers", config.layers, "use at least 1");
  require(config.layer_norm_epsilon > 0, "layer_norm_epsilon", config.layer_norm_epsilon,
          "use a positive number");
  require(config.attention_temperature > 0, "attention_temperature", config.attention_temperature,
          "use a positive number");
  require(config.attention_alpha >= 0, "attention_alpha", config.attention_alpha,
          "must not be negative");
  require(config.z_loss >= 0, "z_loss", config.z_loss, "must not be negative");
  require(config.embedding_scale > 0, "embedding_scale", config.embedding_scale,
          "use a positive number");
  require(config.depth_base >= 0, "depth_base", config.depth_base, "must not be negative");
  require(config.mup_base_width >= 0 && config.mup_base_width % config.heads == 0, "mup_base_width",
          config.mup_base_width, "use 0, or a multiple of heads");
  require(!(config.parallel && config.post_ln), "parallel", config.parallel,
          "needs post_ln = 0: parallel branches have their norm before them");
  require(config.dropout >= 0 && config.dropout < 1, "dropout", config.dropout,
          "use a number in [0, 1)");
  require(!config.glu || config.mlp_dim == config.width, "mlp_dim", config.mlp_dim,
          "with glu it must equal the width, as in AlgoPerf's decoder");
}

Loss token_loss(const Batch& batch, const at::Tensor& logits, double label_smoothing) {
  const at::Tensor& targets = batch.targets();
  if (logits.dim() != 3 || targets.dim() != 2 || logits.size(0) != targets.size(0) ||
      logits.size(1) != targets.size(1)) {
    throw std::invalid_argument("token loss: logits must be [B, T, vocabulary] and targets [B, T]");
  }
  return nn::softmax_cross_entropy(logits, targets, batch.weights(), label_smoothing);
}

}  // namespace timetrial::transformer
