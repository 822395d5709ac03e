// AlgoPerf's finewebedu_lm: the model in full size. FineWeb-Edu has no reader yet.
#include <nlohmann/json.hpp>

#include "workloads/lm/lm.h"
#include "workloads/recorded_arguments.h"

namespace timetrial::lm {
namespace {

class FinewebEdu final : public workloads::Workload {
 public:
  explicit FinewebEdu(const Config& config) : config_(config) { validate(config); }

  workloads::Facts facts() const override {
    workloads::Facts facts;
    facts.loss_type = LossType::softmax_cross_entropy;
    facts.metric = "ppl";
    facts.higher_is_better = false;
    facts.dataset = "finewebedu";
    facts.source = workloads::DataSource::official;
    return facts;
  }
  std::string configuration() const override { return to_text(config_); }
  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return make_transformer(config_, device);
  }
  Loss loss(const Batch& batch, const ModelOutput& output, double label_smoothing) const override {
    return token_loss(batch, output.logits, label_smoothing);
  }
  std::unique_ptr<workloads::Workload> in_recorded_sizes(
      const nlohmann::json& constructor) const override;

 private:
  const Config config_;
};

std::unique_ptr<workloads::Workload> FinewebEdu::in_recorded_sizes(
    const nlohmann::json& constructor) const {
  workloads::RecordedArguments arguments("finewebedu_lm", constructor);
  Config config;  // most have no default in AlgoPerf: left out, they are this workload's
  config.width = arguments.integer("model_dim", config.width);
  config.heads = arguments.integer("num_heads", config.heads);
  config.sequence_length = arguments.integer("seq_len", config.sequence_length);
  config.layers = arguments.integer("num_layers", config.layers);
  config.vocab_size = arguments.integer("vocab_size", config.vocab_size);
  config.mlp_dim = arguments.integer("expanded_model_dim", config.mlp_dim);
  config.multiple_of = arguments.integer("multiple_of", config.multiple_of);
  for (const char* epsilon : {"rmsnorm_epsilon", "qknorm_epsilon"}) {
    if (arguments.number(epsilon, kEpsilon) != kEpsilon) arguments.refuse(epsilon, "1e-6");
  }
  if (!arguments.flag("tie_embeddings", true)) arguments.refuse("tie_embeddings", "true");
  arguments.flag("use_residual_scaling", true);  // which AlgoPerf's model does not look at
  arguments.finish();
  return make_finewebedu(config);
}

}  // namespace

std::unique_ptr<workloads::Workload> make_finewebedu(const Config& config) {
  return std::make_unique<FinewebEdu>(config);
}

TIMETRIAL_WORKLOAD("finewebedu_lm", make_finewebedu, Config{});

}  // namespace timetrial::lm
