// AlgoPerf's ogbg and its variants as workloads: registration, recorded cases.
#include <nlohmann/json.hpp>

#include "workloads/gnn/molpcba.h"
#include "workloads/gnn/property_workload.h"
#include "workloads/recorded_arguments.h"

namespace timetrial::gnn {
namespace {

const MoleculeSource& source() {
  static const MoleculeSource source{
      .dataset = "ogbg",
      .source = workloads::DataSource::official,
      .prepare = "timetrial data prepare ogbg",
      .evaluation_batch_size = 4096,
  };
  return source;
}

class Ogbg final : public PropertyWorkload {
 public:
  explicit Ogbg(const Config& config) : PropertyWorkload(config, source()) {}

  void prepare(const std::filesystem::path& source,
               const std::filesystem::path& out) const override {
    prepare_molpcba(source, out);
  }
  std::uint64_t bytes_to_prepare(const std::filesystem::path& source) const override {
    return bytes_of_molpcba(source);
  }

  /// AlgoPerf's GNN. The activation may be left out; if it is there, it must be this workload's.
  std::unique_ptr<workloads::Workload> in_recorded_sizes(
      const nlohmann::json& constructor) const override {
    workloads::RecordedArguments arguments("ogbg", constructor);
    const Config defaults;
    Config config = this->config();
    config.outputs = arguments.integer("num_outputs", defaults.outputs);
    config.latent_dim = arguments.integer("latent_dim", defaults.latent_dim);
    config.hidden_dims = arguments.integers("hidden_dims", defaults.hidden_dims);
    config.steps = arguments.integer("num_message_passing_steps", defaults.steps);
    const std::string activation = to_string(config.activation);
    if (arguments.text("activation_fn_name", activation) != activation) {
      arguments.refuse("activation_fn_name", activation);
    }
    arguments.finish();
    return std::make_unique<Ogbg>(config);
  }

  Batch recorded_batch(const std::map<std::string, at::Tensor>& inputs, bool) const override {
    Batch batch;
    for (const auto& [name, tensor] : inputs) batch.set(name == "n_node" ? "inputs" : name, tensor);
    batch.set("weights", batch.weights().to(at::kFloat));
    return batch;
  }
};

Config changed(void (*change)(Config&)) {
  Config config;
  change(config);
  return config;
}

}  // namespace

std::unique_ptr<workloads::Workload> make(const Config& config) {
  return std::make_unique<Ogbg>(config);
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
