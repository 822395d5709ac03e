// AlgoPerf's ogbg and its variants as workloads: registration, loss, recorded cases.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>

#include "workloads/gnn/gnn.h"
#include "workloads/nn/losses.h"
#include "workloads/recorded_arguments.h"

namespace timetrial::gnn {
namespace {

const char* to_string(Activation activation) {
  switch (activation) {
    case Activation::relu:
      return "relu";
    case Activation::gelu:
      return "gelu";
    case Activation::silu:
      return "silu";
  }
  return "unknown";
}

class MoleculeProperties final : public workloads::Workload {
 public:
  explicit MoleculeProperties(const Config& config) : config_(config) { validate(config); }

  workloads::Facts facts() const override {
    workloads::Facts facts;
    facts.loss_type = LossType::sigmoid_cross_entropy;
    facts.metric = "mean_average_precision";
    facts.higher_is_better = true;
    facts.dataset = "ogbg";
    facts.source = workloads::DataSource::official;
    facts.default_dropout = kDefaultDropout;
    return facts;
  }

  std::string configuration() const override {
    std::ostringstream out;
    out << "activation = " << to_string(config_.activation) << "\nhidden_dims =";
    for (const std::int64_t dim : config_.hidden_dims) out << ' ' << dim;
    out << "\nlatent_dim = " << config_.latent_dim << "\noutputs = " << config_.outputs
        << "\nsteps = " << config_.steps << '\n';
    return out.str();
  }

  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return gnn::make_model(config_, device);
  }

  Loss loss(const Batch& batch, const ModelOutput& output, double label_smoothing) const override {
    return property_loss(batch, output.logits, label_smoothing);
  }

  /// AlgoPerf's GNN. The activation may be left out; if it is there, it must be this workload's.
  std::unique_ptr<workloads::Workload> in_recorded_sizes(
      const nlohmann::json& constructor) const override {
    workloads::RecordedArguments arguments("ogbg", constructor);
    const Config defaults;
    Config config = config_;
    config.outputs = arguments.integer("num_outputs", defaults.outputs);
    config.latent_dim = arguments.integer("latent_dim", defaults.latent_dim);
    config.hidden_dims = arguments.integers("hidden_dims", defaults.hidden_dims);
    config.steps = arguments.integer("num_message_passing_steps", defaults.steps);
    const std::string activation = to_string(config.activation);
    if (arguments.text("activation_fn_name", activation) != activation) {
      arguments.refuse("activation_fn_name", activation);
    }
    arguments.finish();
    return std::make_unique<MoleculeProperties>(config);
  }

  Batch recorded_batch(const std::map<std::string, at::Tensor>& inputs, bool) const override {
    Batch batch;
    for (const auto& [name, tensor] : inputs) batch.set(name == "n_node" ? "inputs" : name, tensor);
    batch.set("weights", batch.weights().to(at::kFloat));
    return batch;
  }

 private:
  Config config_;
};

Config changed(void (*change)(Config&)) {
  Config config;
  change(config);
  return config;
}

}  // namespace

void validate(const Config& config) {
  const auto require = [](const char* field, std::int64_t value) {
    if (value >= 1) return;
    throw workloads::ConfigError(std::string(field) + " = " + std::to_string(value) +
                                 "; use at least 1");
  };
  require("outputs", config.outputs);
  require("latent_dim", config.latent_dim);
  require("steps", config.steps);
  if (config.hidden_dims.empty()) {
    throw workloads::ConfigError("hidden_dims must name at least one width");
  }
  for (const std::int64_t dim : config.hidden_dims) require("hidden_dims", dim);
}

Loss property_loss(const Batch& batch, const at::Tensor& logits, double label_smoothing) {
  const at::Tensor &targets = batch.targets(), &weights = batch.weights();
  if (logits.dim() != 2 || targets.sizes() != logits.sizes() || weights.sizes() != logits.sizes()) {
    throw std::invalid_argument(
        "property loss: logits, targets and weights must all be [G, tasks]");
  }
  // Whatever stands where a target is unknown: NaN times 0 would be NaN.
  const at::Tensor known = at::where(weights.ne(0), targets, at::zeros({}, targets.options()));
  const at::Tensor smoothed =
      known * (1 - label_smoothing) + label_smoothing / static_cast<double>(logits.size(1));
  return nn::sigmoid_cross_entropy(logits, smoothed, weights.to(logits.scalar_type()));
}

std::unique_ptr<workloads::Workload> make(const Config& config) {
  return std::make_unique<MoleculeProperties>(config);
}

TIMETRIAL_WORKLOAD("ogbg", make, Config{});
TIMETRIAL_VARIANT("ogbg_gelu", "ogbg", make,
                  changed([](Config& c) { c.activation = Activation::gelu; }));
TIMETRIAL_VARIANT("ogbg_silu", "ogbg", make,
                  changed([](Config& c) { c.activation = Activation::silu; }));
TIMETRIAL_VARIANT("ogbg_model_size", "ogbg", make, changed([](Config& c) {
                    c.hidden_dims = {256, 256};
                    c.latent_dim = 128;
                    c.steps = 3;
                  }));

}  // namespace timetrial::gnn
