#include "odd_network.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <stdexcept>

namespace timetrial::submissions_test {
namespace {

constexpr std::int64_t kInputs = 16, kRows = 40, kExamples = 64;

/// The same numbers in every run, in [-1, 1).
at::Tensor numbers(at::IntArrayRef shape, std::int64_t from) {
  const auto place = at::arange(from, from + c10::multiply_integers(shape), at::kLong);
  return place.mul(7919).remainder(10007).to(at::kFloat).div(5003.5).sub(1).reshape(shape);
}

class OddModel final : public workloads::Model {
 public:
  OddModel() {
    const auto add = [&](const char* name, ParameterType type, const at::Tensor& tensor) {
      parameters_.push_back({name, type, tensor.detach().set_requires_grad(true)});
    };
    add("table", ParameterType::embedding, at::zeros({kRows, 8}));
    add("channels_last", ParameterType::weight,
        at::zeros({6, 3, 3, 3}).contiguous(at::MemoryFormat::ChannelsLast));
    add("transposed", ParameterType::weight, at::zeros({8, kInputs}).t());
    add("every_other", ParameterType::bias, at::zeros({2 * kInputs}).slice(0, 0, 2 * kInputs, 2));
    add("number", ParameterType::weight, at::zeros({}));
    add("empty", ParameterType::weight, at::zeros({0, 4}));
    add("empty_vector", ParameterType::bias, at::zeros({0}));
    add("bfloat16", ParameterType::weight, at::zeros({8, 8}, at::kBFloat16));
    add("large", ParameterType::weight, at::zeros({300, kInputs * 8}));
    add("unused", ParameterType::weight, at::zeros({3, 4}));
  }

  void initialize(std::uint64_t /*seed*/) override {
    const at::NoGradGuard no_grad;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      auto& tensor = parameters_[i].tensor;
      tensor.copy_(numbers(tensor.sizes(), static_cast<std::int64_t>(31 * i)).mul(0.5));
    }
  }

  ModelOutput forward(const Batch& batch, const ForwardOptions& /*options*/) override {
    const auto tensor = [&](std::size_t i) { return parameters_[i].tensor; };
    const at::Tensor x = batch.inputs(), row = x.select(1, 0).to(at::kLong);
    const at::Tensor features = x.narrow(1, 1, 8);
    const at::Tensor table =
        at::embedding(tensor(0), row, /*padding_idx=*/-1, /*scale_grad_by_freq=*/false,
                      /*sparse=*/true);
    const at::Tensor hidden = at::linear(table, tensor(2), tensor(3)).mul(tensor(4)).tanh();
    const at::Tensor image = x.reshape({-1, 1, 4, 4}).div(kRows).expand({-1, 3, 4, 4});
    const at::Tensor convolved = at::conv2d(image, tensor(1), {}, 1, 1).tanh().mean({1, 2, 3});
    const at::Tensor half = at::linear(features.to(at::kBFloat16), tensor(7)).to(at::kFloat);
    const at::Tensor wide = at::linear(features.repeat({1, kInputs}), tensor(8)).tanh();
    const at::Tensor nothing = tensor(5).sum() + tensor(6).sum();
    return {hidden.mean(1) + convolved + half.tanh().mean(1) + wide.mean(1) + nothing, {}};
  }
};

class OddNetwork final : public workloads::Workload {
 public:
  workloads::Facts facts() const override {
    workloads::Facts facts;
    facts.loss_type = LossType::mean_squared_error;
    facts.metric = "loss";
    facts.higher_is_better = false;
    return facts;
  }
  std::string configuration() const override { return ""; }
  std::unique_ptr<workloads::Model> make_model(c10::Device /*device*/) const override {
    return std::make_unique<OddModel>();
  }
  Loss loss(const Batch& batch, const ModelOutput& output,
            double /*label_smoothing*/) const override {
    Loss loss;
    loss.per_example = (output.logits - batch.targets()).pow(2) * batch.weights();
    loss.summed = loss.per_example.sum();
    loss.valid_examples = batch.weights().sum();
    loss.per_task = {loss.mean()};
    return loss;
  }
  std::unique_ptr<workloads::TrainingData> open_training(
      const std::filesystem::path& /*training_dir*/) const override {
    throw std::logic_error("its data is in memory");
  }
  std::unique_ptr<workloads::Evaluation> open_evaluation(
      const std::filesystem::path& /*held_back_dir*/) const override {
    throw std::logic_error("it has no held-back data");
  }
  void prepare(const std::filesystem::path& /*packages*/,
               const std::filesystem::path& /*out*/) const override {
    throw std::logic_error("its data is in memory");
  }
};

class OddData final : public workloads::TrainingData {
 public:
  std::int64_t size() const override { return kExamples; }
  Batch gather(std::span<const std::int64_t> indices, std::uint64_t /*seed*/) const override {
    std::vector<at::Tensor> inputs, targets;
    for (const auto index : indices) {
      inputs.push_back(numbers({kInputs}, 100 * index));
      inputs.back()[0] = index % kRows;
      targets.push_back(numbers({}, 3 * index));
    }
    const auto count = static_cast<std::int64_t>(indices.size());
    return Batch({{"inputs", at::stack(inputs)},
                  {"targets", at::stack(targets)},
                  {"weights", at::ones({count})}});
  }
};

}  // namespace

std::unique_ptr<workloads::Workload> make_odd_network() { return std::make_unique<OddNetwork>(); }
std::unique_ptr<workloads::TrainingData> make_odd_data() { return std::make_unique<OddData>(); }

}  // namespace timetrial::submissions_test
