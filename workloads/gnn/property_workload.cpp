#include "workloads/gnn/property_workload.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <numeric>
#include <sstream>
#include <stdexcept>

#include "workloads/gnn/evaluation.h"
#include "workloads/gnn/molecule_set.h"
#include "workloads/nn/losses.h"

namespace timetrial::gnn {
namespace {

class Training final : public workloads::TrainingData {
 public:
  explicit Training(MoleculeSet set) : set_(std::move(set)) {}
  std::int64_t size() const override { return set_.size(); }
  Batch gather(std::span<const std::int64_t> indices, std::uint64_t) const override {
    return collate(set_, unpadded(set_, indices));
  }

 private:
  const MoleculeSet set_;
};

class HeldBack final : public workloads::Evaluation {
 public:
  /// In the order of Split.
  HeldBack(std::vector<MoleculeSet> splits, std::int64_t batch_size) : splits_(std::move(splits)) {
    default_batch_size = batch_size;
  }

  std::int64_t size(workloads::Split split) const override { return molecules(split).size(); }

  std::map<std::string, double> evaluate(workloads::Model& model, workloads::Split split,
                                         std::int64_t batch_size) const override {
    if (batch_size < 1) throw std::invalid_argument("evaluation batch size must be at least 1");
    const at::NoGradGuard no_grad;
    ForwardOptions evaluation;
    evaluation.training = false;
    const c10::Device device = model.parameters().front().tensor.device();
    const MoleculeSet& set = molecules(split);
    PropertyMetrics metrics;
    for (std::int64_t begin = 0; begin < set.size(); begin += batch_size) {
      std::vector<std::int64_t> indices(std::min(batch_size, set.size() - begin));
      std::iota(indices.begin(), indices.end(), begin);
      const Batch on_cpu = collate(set, unpadded(set, indices));
      Batch batch;
      for (const auto& [name, tensor] : on_cpu.tensors()) batch.set(name, tensor.to(device));
      metrics.add(model.forward(batch, evaluation).logits, batch.targets(), batch.weights());
    }
    return metrics.values();
  }

 private:
  const MoleculeSet& molecules(workloads::Split split) const {
    return splits_[static_cast<std::size_t>(split)];
  }

  const std::vector<MoleculeSet> splits_;
};

}  // namespace

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
  if (!(config.dropout >= 0 && config.dropout < 1)) {
    throw workloads::ConfigError("dropout = " + std::to_string(config.dropout) +
                                 "; use a number in [0, 1)");
  }
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

PropertyWorkload::PropertyWorkload(const Config& config, MoleculeSource source)
    : config_(config), source_(std::move(source)) {
  validate(config);
}

workloads::Facts PropertyWorkload::facts() const {
  workloads::Facts facts;
  facts.loss_type = LossType::sigmoid_cross_entropy;
  facts.metric = "mean_average_precision";
  facts.higher_is_better = true;
  facts.dataset = source_.dataset;
  facts.source = source_.source;
  facts.default_dropout = config_.dropout;
  return facts;
}

std::string PropertyWorkload::configuration() const {
  std::ostringstream out;
  out << "activation = " << to_string(config_.activation) << "\ndropout = " << config_.dropout
      << "\nhidden_dims =";
  for (const std::int64_t dim : config_.hidden_dims) out << ' ' << dim;
  out << "\nlatent_dim = " << config_.latent_dim << "\noutputs = " << config_.outputs
      << "\nsteps = " << config_.steps << '\n';
  return out.str();
}

std::unique_ptr<workloads::Model> PropertyWorkload::make_model(c10::Device device) const {
  return gnn::make_model(config_, device);
}

Loss PropertyWorkload::loss(const Batch& batch, const ModelOutput& output,
                            double label_smoothing) const {
  return property_loss(batch, output.logits, label_smoothing);
}

std::unique_ptr<workloads::TrainingData> PropertyWorkload::open_training(
    const std::filesystem::path& training_dir) const {
  return std::make_unique<Training>(
      open_molecules(training_dir / "train.safetensors", config_.outputs, source_.prepare));
}

std::unique_ptr<workloads::Evaluation> PropertyWorkload::open_evaluation(
    const std::filesystem::path& held_back_dir) const {
  std::vector<MoleculeSet> splits;
  for (const char* name : {"train_subset", "validation", "test"}) {
    splits.push_back(open_molecules(held_back_dir / (std::string(name) + ".safetensors"),
                                    config_.outputs, source_.prepare));
  }
  return std::make_unique<HeldBack>(std::move(splits), source_.evaluation_batch_size);
}

}  // namespace timetrial::gnn
