#include "tests/harness/conformance/toy.h"

#include "workloads/data/tensor_io.h"
#include "workloads/nn/builder.h"
#include "workloads/nn/losses.h"
#include "workloads/recorded_recipe.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>

namespace timetrial::test {
namespace {

using workloads::recipe_tensor;

class ToyModel final : public nn::BuiltModel {
 public:
  explicit ToyModel(ToyFault fault) : BuiltModel(at::kCPU), fault_(fault) {
    const std::int64_t classes = fault == ToyFault::shape ? 4 : 3;
    using Type = ParameterType;
    weight_ = builder().parameter("weight", Type::weight, {classes, 4}, nn::normal(0.1));
    bias_ = builder().parameter(fault == ToyFault::name ? "offset" : "bias", Type::bias, {classes},
                                nn::zeros());
    state_.push_back({"running_mean", at::zeros({4})});
  }

  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override {
    const at::Tensor mean = options.training ? center(batch, options) : state_[0].tensor;
    at::Tensor weight = weight_;
    if (fault_ == ToyFault::gradient_missing) weight = weight.detach();
    // The value stays, the derivative doubles.
    if (fault_ == ToyFault::gradient_scaled) weight = weight * 2 - weight.detach();
    at::Tensor logits = at::linear(batch.inputs() - mean, weight, bias_);
    if (fault_ == (options.training ? ToyFault::output_train : ToyFault::output)) {
      logits = logits * 1.01;
    }
    if (fault_ == ToyFault::not_a_number) logits = logits * std::nan("");
    if (fault_ == ToyFault::masked_output) logits = logits + (1 - batch.weights()).unsqueeze(1);
    if (fault_ == ToyFault::never_learns) logits = logits * 0;
    if (fault_ == ToyFault::random) logits = logits + 1e-3 * at::randn_like(logits) * ++calls_;
    return {logits, {}};
  }

 private:
  at::Tensor center(const Batch& batch, const ForwardOptions& options) {
    const at::Tensor mean = batch.inputs().mean(0);
    if (options.update_batch_norm || fault_ == ToyFault::state_kept) {
      const at::NoGradGuard no_grad;
      state_[0].tensor.lerp_(mean, fault_ == ToyFault::state ? 0.2 : 0.1);
    }
    return mean;
  }

  ToyFault fault_;
  at::Tensor weight_, bias_;
  static int calls_;  // of all toys: what a global variable does to determinism
};
int ToyModel::calls_ = 0;

class Toy final : public workloads::Workload {
 public:
  explicit Toy(ToyFault fault) : fault_(fault) {}

  workloads::Facts facts() const override {
    return {.metric = "accuracy", .dataset = "toy", .source = workloads::DataSource::official};
  }
  std::string configuration() const override { return ""; }
  std::unique_ptr<workloads::Model> make_model(c10::Device) const override {
    return std::make_unique<ToyModel>(fault_);
  }
  Loss loss(const Batch& batch, const ModelOutput& output, double smoothing) const override {
    if (fault_ == ToyFault::smoothing) smoothing = 0;
    Loss loss =
        nn::softmax_cross_entropy(output.logits, batch.targets(), batch.weights(), smoothing);
    if (fault_ == ToyFault::loss) loss.per_example = loss.per_example.flip(0);
    if (fault_ == ToyFault::sum) loss.summed = loss.summed * 1.01;
    if (fault_ == ToyFault::valid) loss.valid_examples = loss.valid_examples + 1;
    return loss;
  }
  std::unique_ptr<workloads::Workload> in_recorded_sizes(
      const nlohmann::json& constructor) const override {
    if (constructor.contains("depth")) throw workloads::ConfigError("toy: no argument 'depth'");
    return make_toy(fault_);
  }
  at::Tensor comparable_logits(const Batch& batch, const ModelOutput&) const override {
    return batch.weights();
  }

 private:
  ToyFault fault_;
};

nlohmann::json recipe(const std::string& name, const std::vector<std::int64_t>& shape, int k) {
  return {{"name", name}, {"shape", shape}, {"k", k}, {"offset", 0.1}, {"scale", 0.5}};
}

nlohmann::json scalars(const workloads::Workload& toy, const Batch& batch,
                       const ModelOutput& output) {
  const Loss loss = toy.loss(batch, output, 0);
  return {{"summed", loss.summed.item<double>()},
          {"n_valid_examples", loss.valid_examples.item<double>()},
          {"loss", loss.mean().item<double>()},
          {"summed_label_smoothing_0.1", toy.loss(batch, output, 0.1).summed.item<double>()}};
}

}  // namespace

std::unique_ptr<workloads::Workload> make_toy(ToyFault fault) {
  return std::make_unique<Toy>(fault);
}

Batch toy_batch() {
  Batch batch;
  batch.set("inputs", recipe_tensor({5, 4}, 10, 0, 2));
  batch.set("targets", workloads::recipe_integers({5}, 11, 0, 3));
  at::Tensor weights = at::ones({5});
  weights[4] = 0;
  batch.set("weights", weights);
  return batch;
}

std::filesystem::path record_toy(const std::filesystem::path& folder) {
  const auto toy = make_toy(ToyFault::none);
  const auto model = toy->make_model(at::kCPU);
  nlohmann::json record{{"constructor", nlohmann::json::object()}, {"total_params", 15}};
  record["weights_recipe"] = {recipe("weight", {3, 4}, 1), recipe("bias", {3}, 2),
                              recipe("running_mean", {4}, 3)};
  {
    const at::NoGradGuard no_grad;
    at::Tensor(model->parameters()[0].tensor).copy_(recipe_tensor({3, 4}, 1, 0.1, 0.5));
    at::Tensor(model->parameters()[1].tensor).copy_(recipe_tensor({3}, 2, 0.1, 0.5));
    at::Tensor(model->state()[0].tensor).copy_(recipe_tensor({4}, 3, 0.1, 0.5));
  }
  const Batch batch = toy_batch();
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (const auto& [name, tensor] : batch.tensors()) tensors.emplace_back("input/" + name, tensor);
  for (const std::string mode : {"eval", "train"}) {
    ForwardOptions options;
    options.training = mode == "train";
    const ModelOutput output = model->forward(batch, options);
    const Loss loss = toy->loss(batch, output, 0);
    record[mode] = scalars(*toy, batch, output);
    tensors.emplace_back("output_" + mode + "/logits", output.logits.detach());
    tensors.emplace_back("loss_" + mode + "/per_example", loss.per_example.detach());
    if (options.training) loss.mean().backward();
  }
  tensors.emplace_back("state_after_train/running_mean", model->state()[0].tensor);
  double square = 0;
  for (const auto& parameter : model->parameters()) {
    const double norm = parameter.tensor.grad().norm().item<double>();
    record["train"]["grad_norms"][parameter.name] = norm;
    square += norm * norm;
    tensors.emplace_back("grad/" + parameter.name, parameter.tensor.grad());
  }
  record["train"]["grad_norm_global"] = std::sqrt(square);
  std::ofstream(folder / "toy.json") << record.dump(1);
  tensorfile::write_file(folder / "toy.safetensors", data::views(tensors), {});
  return folder / "toy.safetensors";
}

}  // namespace timetrial::test
