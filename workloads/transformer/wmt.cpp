// AlgoPerf's wmt and its variants as workloads: registration, data, recorded cases.
#include <nlohmann/json.hpp>

#include "workloads/recorded_arguments.h"
#include "workloads/transformer/translation.h"
#include "workloads/transformer/translation_data.h"
#include "workloads/transformer/wmt_text.h"

namespace timetrial::transformer {
namespace {

constexpr const char* kPrepare = "timetrial data prepare wmt --from DIR";

class Wmt final : public Translation {
 public:
  explicit Wmt(const Config& config) : Translation(config) {}

  workloads::Facts facts() const override {
    workloads::Facts facts = Translation::facts();
    facts.dataset = "wmt";
    facts.source = workloads::DataSource::official;
    return facts;
  }

  std::unique_ptr<workloads::TrainingData> open_training(
      const std::filesystem::path& training_dir) const override {
    return open_rows(training_dir, kPrepare);
  }

  /// Beam search as AlgoPerf's, which is BeamSearchOptions' default.
  std::unique_ptr<workloads::Evaluation> open_evaluation(
      const std::filesystem::path& held_back_dir) const override {
    Translating translating;
    translating.model = config_;
    translating.prepare_command = kPrepare;
    return open_pairs(held_back_dir, translating);
  }

  void prepare(const std::filesystem::path& source,
               const std::filesystem::path& out) const override {
    prepare_wmt(source, out, {.pieces = config_.vocab_size});
  }

  std::uint64_t bytes_to_prepare(const std::filesystem::path& source) const override {
    return wmt_bytes_to_prepare(source);
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
    return std::make_unique<Wmt>(config);
  }
};

}  // namespace

std::unique_ptr<workloads::Workload> make(const Config& config) {
  return std::make_unique<Wmt>(config);
}

TIMETRIAL_WORKLOAD("wmt", make, Config{});
TIMETRIAL_VARIANT("wmt_qk_layer_norm", "wmt", make, with_qk_layer_norm({}));
TIMETRIAL_VARIANT("wmt_z_loss", "wmt", make, with_z_loss({}));
TIMETRIAL_VARIANT("wmt_post_ln", "wmt", make, post_ln({}));
TIMETRIAL_VARIANT("wmt_attention_temp", "wmt", make, attention_temp({}));
TIMETRIAL_VARIANT("wmt_glu_tanh", "wmt", make, glu_tanh({}));

}  // namespace timetrial::transformer
