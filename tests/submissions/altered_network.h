#pragma once
// The fixture network with other roles for its parameters, or as a classifier: what submissions
// look at, and the network of the trajectories has not.

#include "harness/sdk/fixture_network.h"
#include "harness/sdk/rehearsal.h"

#include <ATen/core/Reduction.h>
#include <ATen/ops/cross_entropy_loss.h>

#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace timetrial::sdk {

struct Alterations {
  std::map<std::string, ParameterType> types = {};  ///< by name
  std::map<std::string, std::string> names = {};    ///< new ones, by the old one
  /// Softmax cross-entropy of the outputs. Targets are int64 [B], or probabilities [B, 4].
  bool classifies = false;
  /// Another model with four outputs for six inputs; undefined: the fixture network.
  std::function<std::unique_ptr<workloads::Model>()> model = {};
};

class AlteredModel final : public workloads::Model {
 public:
  AlteredModel(std::unique_ptr<workloads::Model> model, const Alterations& alterations)
      : model_(std::move(model)) {
    for (Parameter parameter : model_->parameters()) {
      const auto type = alterations.types.find(parameter.name);
      if (type != alterations.types.end()) parameter.type = type->second;
      const auto name = alterations.names.find(parameter.name);
      if (name != alterations.names.end()) parameter.name = name->second;
      parameters_.push_back(std::move(parameter));
    }
  }
  void initialize(std::uint64_t seed) override { model_->initialize(seed); }
  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override {
    return model_->forward(batch, options);
  }

 private:
  std::unique_ptr<workloads::Model> model_;
};

class AlteredNetwork final : public workloads::Workload {
 public:
  explicit AlteredNetwork(Alterations alterations) : alterations_(std::move(alterations)) {}

  workloads::Facts facts() const override {
    auto facts = network_->facts();
    if (alterations_.classifies) facts.loss_type = LossType::softmax_cross_entropy;
    return facts;
  }
  std::string configuration() const override { return network_->configuration(); }
  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    if (alterations_.model) return alterations_.model();
    return std::make_unique<AlteredModel>(network_->make_model(device), alterations_);
  }
  Loss loss(const Batch& batch, const ModelOutput& output, double label_smoothing) const override {
    if (!alterations_.classifies) return network_->loss(batch, output, label_smoothing);
    Loss loss;
    loss.per_example =
        at::cross_entropy_loss(output.logits, batch.targets(), /*weight=*/{}, at::Reduction::None,
                               /*ignore_index=*/-100, label_smoothing)
            .mul(batch.weights());
    loss.summed = loss.per_example.sum();
    loss.valid_examples = batch.weights().sum();
    loss.per_task = {loss.mean()};
    return loss;
  }
  void prepare(const std::filesystem::path& /*packages*/,
               const std::filesystem::path& /*out*/) const override {
    throw std::logic_error("the altered network keeps its data in memory");
  }

 private:
  std::unique_ptr<workloads::Workload> network_ = make_fixture_network(false);
  Alterations alterations_;
};

}  // namespace timetrial::sdk
