#include "harness/sdk/fixture_network.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <timetrial/random.h>

#include <cmath>
#include <numbers>
#include <stdexcept>
#include <utility>

namespace timetrial::sdk {
namespace {

at::Tensor leaf(at::IntArrayRef shape, c10::Device device) {
  return at::zeros(shape, at::TensorOptions(at::kFloat).device(device)).set_requires_grad(true);
}

/// Fills a float32 tensor, element by element, with values of `draw`.
template <typename Draw>
at::Tensor filled(at::IntArrayRef shape, Draw draw) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  float* values = tensor.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i) values[i] = static_cast<float>(draw());
  return tensor;
}

/// Standard normal by Box and Muller's transform.
double normal(Random& random) {
  const double radius = std::sqrt(-2 * std::log(1 - random.uniform()));
  return radius * std::cos(2 * std::numbers::pi * random.uniform());
}

class Network final : public workloads::Model {
 public:
  Network(bool unused_parameter, c10::Device device) {
    parameters_ = {
        {"w1", ParameterType::weight, leaf({kFixtureHidden, kFixtureInputs}, device)},
        {"b1", ParameterType::bias, leaf({kFixtureHidden}, device)},
        {"w2", ParameterType::weight, leaf({kFixtureOutputs, kFixtureHidden}, device)},
        {"b2", ParameterType::bias, leaf({kFixtureOutputs}, device)},
    };
    if (unused_parameter) {
      parameters_.push_back({"unused", ParameterType::weight, leaf({3}, device)});
    }
  }

  /// Uniform in ±1/√fan_in, as PyTorch's linear layers.
  void initialize(std::uint64_t seed) override {
    const at::NoGradGuard no_grad;
    for (auto& parameter : parameters_) {
      Random random(derive_seed(seed, parameter.name));
      const bool first = parameter.name == "w1" || parameter.name == "b1";
      const double bound = 1 / std::sqrt(double(first ? kFixtureInputs : kFixtureHidden));
      const auto draw = [&] { return bound * (2 * random.uniform() - 1); };
      parameter.tensor.copy_(filled(parameter.tensor.sizes(), draw));
    }
  }

  ModelOutput forward(const Batch& batch, const ForwardOptions& /*options*/) override {
    const auto hidden =
        at::linear(batch.inputs(), parameters_[0].tensor, parameters_[1].tensor).tanh();
    return {at::linear(hidden, parameters_[2].tensor, parameters_[3].tensor), {}};
  }
};

class InMemory final : public workloads::TrainingData {
 public:
  InMemory(at::Tensor inputs, at::Tensor targets)
      : inputs_(std::move(inputs)), targets_(std::move(targets)) {}
  std::int64_t size() const override { return inputs_.size(0); }
  Batch gather(std::span<const std::int64_t> indices, std::uint64_t /*seed*/) const override {
    const auto count = static_cast<std::int64_t>(indices.size());
    at::Tensor index = at::empty({count}, at::kLong);
    std::copy(indices.begin(), indices.end(), index.mutable_data_ptr<std::int64_t>());
    return Batch({{"inputs", inputs_.index_select(0, index)},
                  {"targets", targets_.index_select(0, index)},
                  {"weights", at::ones({count})}});
  }

 private:
  at::Tensor inputs_, targets_;
};

class FixtureNetwork final : public workloads::Workload {
 public:
  explicit FixtureNetwork(bool unused_parameter) : unused_parameter_(unused_parameter) {}

  workloads::Facts facts() const override {
    workloads::Facts facts;
    facts.loss_type = LossType::mean_squared_error;
    facts.metric = "loss";
    facts.higher_is_better = false;
    return facts;
  }
  std::string configuration() const override {
    return unused_parameter_ ? "unused_parameter = true\n" : "unused_parameter = false\n";
  }
  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return std::make_unique<Network>(unused_parameter_, device);
  }
  Loss loss(const Batch& batch, const ModelOutput& output,
            double /*label_smoothing*/) const override {
    Loss loss;
    loss.per_example = (output.logits - batch.targets()).pow(2).mean(1) * batch.weights();
    loss.summed = loss.per_example.sum();
    loss.valid_examples = batch.weights().sum();
    loss.per_task = {loss.mean()};
    return loss;
  }
  std::unique_ptr<workloads::TrainingData> open_training(
      const std::filesystem::path& /*training_dir*/) const override {
    throw std::logic_error("the fixture network keeps its data in memory");
  }
  std::unique_ptr<workloads::Evaluation> open_evaluation(
      const std::filesystem::path& /*held_back_dir*/) const override {
    throw std::logic_error("the fixture network has no held-back data");
  }
  void prepare(const std::filesystem::path& /*packages*/,
               const std::filesystem::path& /*out*/) const override {
    throw std::logic_error("the fixture network keeps its data in memory");
  }

 private:
  bool unused_parameter_;
};

}  // namespace

std::unique_ptr<workloads::Workload> make_fixture_network(bool unused_parameter) {
  return std::make_unique<FixtureNetwork>(unused_parameter);
}

std::unique_ptr<workloads::TrainingData> make_fixture_data(at::Tensor inputs, at::Tensor targets) {
  return std::make_unique<InMemory>(std::move(inputs), std::move(targets));
}

std::unique_ptr<workloads::TrainingData> make_synthetic_data(std::int64_t examples,
                                                             std::uint64_t seed) {
  constexpr double kNoise = 0.1;
  Random random(derive_seed(seed, "synthetic data"));
  const auto draw = [&] { return normal(random); };
  const auto inputs = filled({examples, kFixtureInputs}, draw);
  const auto hidden = inputs.matmul(filled({kFixtureInputs, kFixtureHidden}, draw)).tanh();
  const auto teacher = filled({kFixtureHidden, kFixtureOutputs}, draw) / std::sqrt(kFixtureHidden);
  return make_fixture_data(
      inputs, hidden.matmul(teacher) + kNoise * filled({examples, kFixtureOutputs}, draw));
}

}  // namespace timetrial::sdk
