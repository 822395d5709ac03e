#include "shared_bottom.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <stdexcept>
#include <string>

namespace timetrial::bench {
namespace {

constexpr std::int64_t kOutputs = 10, kExamples = 2048;

class BottomModel final : public workloads::Model {
 public:
  BottomModel(const SharedBottom& sizes, Passes& passes) : sizes_(sizes), passes_(passes) {
    const auto add = [this](const std::string& name, at::IntArrayRef shape) {
      parameters_.push_back(
          {name, ParameterType::weight, at::zeros(shape, at::kFloat).set_requires_grad(true)});
    };
    add("w1", {sizes.width, sizes.inputs});
    add("w2", {sizes.width, sizes.width});
    add("w3", {sizes.width, sizes.width});
    for (std::int64_t k = 0; k < sizes.tasks; ++k) {
      add("h" + std::to_string(k), {kOutputs, sizes.width});
    }
  }
  void initialize(std::uint64_t seed) override {
    const at::NoGradGuard no_grad;
    auto generator = at::detail::createCPUGenerator(seed);
    for (auto& parameter : parameters_) {
      parameter.tensor.normal_(0, 1 / std::sqrt(double(parameter.tensor.size(1))), generator);
    }
  }
  ModelOutput forward(const Batch& batch, const ForwardOptions& /*options*/) override {
    ++passes_.forward;
    const at::Tensor bottom = at::linear(batch.inputs(), parameters_[0].tensor).tanh();
    const at::Tensor z =
        at::linear(at::linear(bottom, parameters_[1].tensor).tanh(), parameters_[2].tensor).tanh();
    if (z.requires_grad()) {
      bottom.register_hook([this](const at::Tensor&) { ++passes_.to_bottom; });
      z.register_hook([this](const at::Tensor&) { ++passes_.to_representation; });
    }
    std::vector<at::Tensor> outputs;
    for (std::int64_t k = 0; k < sizes_.tasks; ++k) {
      outputs.push_back(at::linear(z, parameters_[std::size_t(3 + k)].tensor));
    }
    return {.logits = at::stack(outputs), .representation = z};
  }

 private:
  SharedBottom sizes_;
  Passes& passes_;
};

class BottomWorkload final : public workloads::Workload {
 public:
  BottomWorkload(const SharedBottom& sizes, Passes& passes) : sizes_(sizes), passes_(passes) {}
  workloads::Facts facts() const override {
    workloads::Facts facts;
    facts.loss_type = LossType::mean_squared_error;
    facts.metric = "loss";
    facts.higher_is_better = false;
    for (std::int64_t k = 0; k < sizes_.tasks; ++k) {
      facts.tasks.push_back({"task" + std::to_string(k), "loss", false});
    }
    return facts;
  }
  std::string configuration() const override { return ""; }
  std::unique_ptr<workloads::Model> make_model(c10::Device /*device*/) const override {
    return std::make_unique<BottomModel>(sizes_, passes_);
  }
  Loss loss(const Batch& batch, const ModelOutput& output,
            double /*label_smoothing*/) const override {
    const at::Tensor errors = (output.logits - batch.targets().transpose(0, 1)).pow(2).mean(2);
    Loss loss;
    loss.per_example = errors.mean(0);
    loss.summed = loss.per_example.sum();
    loss.valid_examples = batch.weights().sum();
    for (std::int64_t k = 0; k < sizes_.tasks; ++k) loss.per_task.push_back(errors[k].mean());
    return loss;
  }
  std::unique_ptr<workloads::TrainingData> open_training(
      const std::filesystem::path& /*dir*/) const override {
    throw std::logic_error("its data is in memory");
  }
  std::unique_ptr<workloads::Evaluation> open_evaluation(
      const std::filesystem::path& /*dir*/) const override {
    throw std::logic_error("it has no held-back data");
  }
  void prepare(const std::filesystem::path& /*packages*/,
               const std::filesystem::path& /*out*/) const override {
    throw std::logic_error("its data is in memory");
  }

 private:
  SharedBottom sizes_;
  Passes& passes_;
};

class BottomData final : public workloads::TrainingData {
 public:
  explicit BottomData(const SharedBottom& sizes) {
    auto generator = at::detail::createCPUGenerator(1);
    inputs_ = at::randn({kExamples, sizes.inputs}, generator);
    const at::Tensor teacher = at::randn({sizes.tasks * kOutputs, sizes.inputs}, generator);
    targets_ =
        at::linear(inputs_, teacher).div(8).tanh().reshape({kExamples, sizes.tasks, kOutputs});
  }
  std::int64_t size() const override { return kExamples; }
  Batch gather(std::span<const std::int64_t> indices, std::uint64_t /*seed*/) const override {
    const at::Tensor index = at::tensor(std::vector<std::int64_t>(indices.begin(), indices.end()));
    return Batch({{"inputs", inputs_.index_select(0, index)},
                  {"targets", targets_.index_select(0, index)},
                  {"weights", at::ones({index.size(0)})}});
  }

 private:
  at::Tensor inputs_, targets_;
};

}  // namespace

std::unique_ptr<workloads::Workload> make_shared_bottom(const SharedBottom& sizes, Passes& passes) {
  return std::make_unique<BottomWorkload>(sizes, passes);
}
std::unique_ptr<workloads::TrainingData> make_bottom_data(const SharedBottom& sizes) {
  return std::make_unique<BottomData>(sizes);
}

}  // namespace timetrial::bench
