// AlgoPerf's criteo1tb and its variants: the model in full size, on the Criteo 1 TB click logs.
#include <nlohmann/json.hpp>

#include "workloads/dlrm/criteo_data.h"
#include "workloads/dlrm/dlrm.h"
#include "workloads/recorded_arguments.h"

namespace timetrial::dlrm {
namespace {

class Criteo final : public workloads::Workload {
 public:
  explicit Criteo(const Config& config) : config_(config) { validate(config); }

  workloads::Facts facts() const override {
    workloads::Facts facts;
    facts.loss_type = LossType::sigmoid_cross_entropy;
    facts.metric = "loss";
    facts.higher_is_better = false;
    facts.dataset = "criteo1tb";
    facts.source = workloads::DataSource::official;
    return facts;
  }
  std::string configuration() const override { return to_text(config_); }
  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return dlrm::make_model(config_, device);
  }
  Loss loss(const Batch& batch, const ModelOutput& output, double) const override {
    return click_loss(batch, output.logits);
  }
  std::unique_ptr<workloads::TrainingData> open_training(
      const std::filesystem::path& training_dir) const override {
    return open_criteo_training(training_dir);
  }
  std::unique_ptr<workloads::Evaluation> open_evaluation(
      const std::filesystem::path& held_back_dir) const override {
    return open_criteo_evaluation(held_back_dir);
  }
  void prepare(const std::filesystem::path& source,
               const std::filesystem::path& out) const override {
    prepare_criteo(source, out);
  }
  std::uint64_t bytes_to_prepare(const std::filesystem::path& source) const override {
    return bytes_to_prepare_criteo(source);
  }
  std::unique_ptr<workloads::Workload> in_recorded_sizes(
      const nlohmann::json& constructor) const override;

 private:
  const Config config_;
};

/// The widths with which AlgoPerf's two model classes come.
Config defaults(bool resnet) {
  Config config;
  if (resnet) {
    config.resnet = true;
    config.bottom_dims = {256, 256, 256};
    config.top_dims = {256, 256, 256, 256, 1};
  }
  return config;
}

std::unique_ptr<workloads::Workload> Criteo::in_recorded_sizes(
    const nlohmann::json& constructor) const {
  workloads::RecordedArguments arguments("criteo1tb", constructor);
  Config config = defaults(config_.resnet);
  config.vocab_size = arguments.integer("vocab_size", config_.vocab_size);  // has no default
  config.dense_features = arguments.integer("num_dense_features", config.dense_features);
  config.categorical_features =
      arguments.integer("num_sparse_features", config.categorical_features);
  config.bottom_dims = arguments.integers("mlp_bottom_dims", config.bottom_dims);
  config.top_dims = arguments.integers("mlp_top_dims", config.top_dims);
  config.embed_dim = arguments.integer("embed_dim", config.embed_dim);
  // What makes a variant: a case may name it, but not another one.
  config.layer_norm = config_.layer_norm;
  config.embed_init_scale = config_.embed_init_scale;
  if (arguments.flag("use_layer_norm", config.layer_norm) != config.layer_norm) {
    arguments.refuse("use_layer_norm", config.layer_norm ? "true for this variant" : "false here");
  }
  const double scale = arguments.number("embedding_init_multiplier", config.embed_init_scale);
  if (scale != config.embed_init_scale) {
    arguments.refuse("embedding_init_multiplier", "that of this workload");
  }
  arguments.finish();
  return make_criteo(config);
}

/// The full size, with what a variant changes.
Config full(void (*change)(Config&), bool resnet = false) {
  Config config = defaults(resnet);
  if (change != nullptr) change(config);
  return config;
}

}  // namespace

std::unique_ptr<workloads::Workload> make_criteo(const Config& config) {
  return std::make_unique<Criteo>(config);
}

TIMETRIAL_WORKLOAD("criteo1tb", make_criteo, Config{});
TIMETRIAL_VARIANT("criteo1tb_embed_init", "criteo1tb", make_criteo,
                  full([](Config& c) { c.embed_init_scale = 1; }));
TIMETRIAL_VARIANT("criteo1tb_layernorm", "criteo1tb", make_criteo,
                  full([](Config& c) { c.layer_norm = true; }));
TIMETRIAL_VARIANT("criteo1tb_resnet", "criteo1tb", make_criteo, full(nullptr, /*resnet=*/true));
// AlgoPerf's own tests use this one: the model on a table that fits anywhere.
TIMETRIAL_VARIANT("criteo1tb_test", "criteo1tb", make_criteo,
                  full([](Config& c) { c.vocab_size = 65536; }));

}  // namespace timetrial::dlrm
