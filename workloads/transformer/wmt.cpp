// AlgoPerf's wmt and its variants as workloads: registration, loss, recorded cases.
#include <nlohmann/json.hpp>

#include <sstream>

#include "workloads/nn/losses.h"
#include "workloads/recorded_arguments.h"
#include "workloads/transformer/model.h"

namespace timetrial::transformer {
namespace {

const char* to_string(Activation activation) {
  return activation == Activation::tanh ? "tanh" : "relu";
}

class Translation final : public workloads::Workload {
 public:
  explicit Translation(const Config& config) : config_(config) { validate(config); }

  workloads::Facts facts() const override {
    workloads::Facts facts;
    facts.loss_type = LossType::softmax_cross_entropy;
    facts.metric = "bleu";
    facts.higher_is_better = true;
    facts.dataset = "wmt";
    facts.source = workloads::DataSource::official;
    facts.default_dropout = kDefaultDropout;
    return facts;
  }

  std::string configuration() const override {
    std::ostringstream out;
    out << "activation = " << to_string(config_.activation)
        << "\nattention_temperature = " << config_.attention_temperature
        << "\nglu = " << config_.glu << "\nheads = " << config_.heads
        << "\nlayer_norm_epsilon = " << config_.layer_norm_epsilon
        << "\nlayers = " << config_.layers << "\nmlp_dim = " << config_.mlp_dim
        << "\npost_ln = " << config_.post_ln << "\nvocab_size = " << config_.vocab_size
        << "\nwidth = " << config_.width << '\n';
    return out.str();
  }

  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return transformer::make_model(config_, device);
  }

  Loss loss(const Batch& batch, const ModelOutput& output, double label_smoothing) const override {
    return token_loss(batch, output.logits, label_smoothing);
  }

  /// AlgoPerf's Transformer. What makes a variant may be left out; if it is there, it must agree.
  std::unique_ptr<workloads::Workload> in_recorded_sizes(
      const nlohmann::json& constructor) const override {
    workloads::RecordedArguments arguments("wmt", constructor);
    const Config defaults;
    Config config = config_;
    config.vocab_size = arguments.integer("ntoken", defaults.vocab_size);
    config.width = arguments.integer("d_model", defaults.width);
    config.heads = arguments.integer("nhead", defaults.heads);
    config.mlp_dim = arguments.integer("d_hid", defaults.mlp_dim);
    config.layers = arguments.integer("nlayers", defaults.layers);
    config.layer_norm_epsilon = arguments.number("layer_norm_eps", defaults.layer_norm_epsilon);
    const std::string activation = to_string(config.activation);
    if (arguments.text("activation", activation) != activation) {
      arguments.refuse("activation", activation);
    }
    if (arguments.flag("glu", config.glu) != config.glu) {
      arguments.refuse("glu", config.glu ? "true" : "false");
    }
    if (arguments.flag("pre_ln", !config.post_ln) == config.post_ln) {
      arguments.refuse("pre_ln", config.post_ln ? "false" : "true");
    }
    const double temperature = config.attention_temperature;
    if (arguments.number("attention_temp", temperature) != temperature) {
      arguments.refuse("attention_temp", nlohmann::json(temperature).dump());
    }
    arguments.finish();
    return std::make_unique<Translation>(config);
  }

  /// Evaluation takes `src` and `tgt`, training the packed_ ones with positions and segments.
  Batch recorded_batch(const std::map<std::string, at::Tensor>& inputs,
                       bool training) const override {
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

  at::Tensor comparable_logits(const Batch& batch, const ModelOutput&) const override {
    return batch.targets().gt(0);
  }

 private:
  Config config_;
};

}  // namespace

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

std::unique_ptr<workloads::Workload> make(const Config& config) {
  return std::make_unique<Translation>(config);
}

namespace {

Config changed(void (*change)(Config&)) {
  Config config;
  change(config);
  return config;
}

}  // namespace

TIMETRIAL_WORKLOAD("wmt", make, Config{});
TIMETRIAL_VARIANT("wmt_post_ln", "wmt", make, changed([](Config& c) { c.post_ln = true; }));
TIMETRIAL_VARIANT("wmt_attention_temp", "wmt", make,
                  changed([](Config& c) { c.attention_temperature = 4; }));
TIMETRIAL_VARIANT("wmt_glu_tanh", "wmt", make, changed([](Config& c) {
                    c.glu = true;
                    c.activation = Activation::tanh;
                  }));

}  // namespace timetrial::transformer
