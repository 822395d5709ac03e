#include "workloads/mnist/mnist.h"

#include "workloads/mnist/digits.h"
#include "workloads/nn/builder.h"
#include "workloads/nn/losses.h"
#include "workloads/recorded_arguments.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <stdexcept>

namespace timetrial::mnist {
namespace {

constexpr std::int64_t kPixels = 28 * 28, kHidden = 128, kClasses = 10;

/// torch's own start of a linear layer, weights and biases alike: uniform within 1 / sqrt(fan_in).
nn::LinearSpec torch_default(std::int64_t in, std::int64_t out) {
  const auto bound = nn::uniform(1 / std::sqrt(static_cast<double>(in)));
  return {.in = in, .out = out, .weight_init = bound, .bias_init = bound};
}

class Perceptron final : public nn::BuiltModel {
 public:
  explicit Perceptron(c10::Device device)
      : BuiltModel(device),
        hidden_(builder().linear("net.layer1", torch_default(kPixels, kHidden))),
        head_(builder().linear("net.layer2", torch_default(kHidden, kClasses))) {}

  ModelOutput forward(const Batch& batch, const ForwardOptions&) override {
    const at::Tensor& inputs = batch.inputs();
    if (inputs.dim() < 2 || inputs.numel() != inputs.size(0) * kPixels) {
      throw std::invalid_argument("mnist: inputs must be [B, 1, 28, 28]");
    }
    const at::Tensor hidden = hidden_(inputs.flatten(1)).sigmoid();
    return {.logits = head_(hidden), .representation = hidden};
  }

 private:
  nn::Linear hidden_, head_;
};

class Mnist final : public workloads::Workload {
 public:
  workloads::Facts facts() const override {
    return {.loss_type = LossType::softmax_cross_entropy,
            .metric = "accuracy",
            .higher_is_better = true,
            .dataset = "mnist",
            .source = workloads::DataSource::official};
  }
  std::string configuration() const override {
    return "classes = " + std::to_string(kClasses) + "\nhidden = " + std::to_string(kHidden) +
           "\npixels = " + std::to_string(kPixels) + "\n";
  }
  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return mnist::make_model(device);
  }
  Loss loss(const Batch& batch, const ModelOutput& output, double label_smoothing) const override {
    return nn::softmax_cross_entropy(output.logits, batch.targets(), batch.weights(),
                                     label_smoothing);
  }
  std::unique_ptr<workloads::TrainingData> open_training(
      const std::filesystem::path& training_dir) const override {
    return mnist::open_training(training_dir);
  }
  std::unique_ptr<workloads::Evaluation> open_evaluation(
      const std::filesystem::path& held_back_dir) const override {
    return mnist::open_evaluation(held_back_dir);
  }
  void prepare(const std::filesystem::path& source,
               const std::filesystem::path& out) const override {
    mnist::prepare(source, out);
  }
  std::uint64_t bytes_to_prepare(const std::filesystem::path& source) const override {
    return mnist::bytes_to_prepare(source);
  }
  std::unique_ptr<workloads::Workload> in_recorded_sizes(
      const nlohmann::json& constructor) const override {
    workloads::RecordedArguments("mnist", constructor).finish();
    return std::make_unique<Mnist>();
  }
};

}  // namespace

std::unique_ptr<workloads::Model> make_model(c10::Device device) {
  return std::make_unique<Perceptron>(device);
}

std::unique_ptr<workloads::Workload> make(const Config&) { return std::make_unique<Mnist>(); }

TIMETRIAL_WORKLOAD("mnist", make, Config{});

}  // namespace timetrial::mnist
