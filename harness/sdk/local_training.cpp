#include "harness/sdk/local_training.h"

#include "harness/sdk/blind_view.h"
#include "harness/sdk/workload_info.h"
#include "harness/trial/diagnosis.h"
#include "harness/trial/evaluators.h"

#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros_like.h>
#include <fmt/core.h>
#include <timetrial/random.h>
#include <torch/csrc/autograd/autograd.h>

#include <stdexcept>
#include <utility>

namespace timetrial::sdk {
namespace {

// What one message to the referee has room for.
constexpr std::size_t kMostNames = 512, kLongestName = 100;

class SingleProcess final : public Collective {
 public:
  std::int64_t rank() const override { return 0; }
  std::int64_t world_size() const override { return 1; }
  void all_reduce_sum(at::Tensor& /*tensor*/) override {}
  void broadcast(at::Tensor& /*tensor*/, std::int64_t root) override {
    if (root != 0) {
      throw std::out_of_range(fmt::format("broadcast from rank {} of 1 worker", root));
    }
  }
  void barrier() override {}
};

void require_fraction(const char* what, double value) {
  if (value >= 0 && value < 1) return;
  throw std::invalid_argument(fmt::format("{} is {}, expected a value in [0, 1)", what, value));
}

void require_match(const std::vector<at::Tensor>& vectors, const std::vector<at::Tensor>& leaves) {
  if (vectors.size() != leaves.size()) {
    throw std::invalid_argument(fmt::format("{} vectors for {} parameters; give one for each",
                                            vectors.size(), leaves.size()));
  }
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    if (vectors[i].defined() && vectors[i].sizes() == leaves[i].sizes()) continue;
    throw std::invalid_argument(
        fmt::format("vector {} has not the shape of its parameter; make it with zeros_like", i));
  }
}

void seed_generator(at::Generator generator, std::uint64_t seed) {
  const std::scoped_lock lock(generator.mutex());
  generator.set_current_seed(seed);
}

/// Embeddings can have sparse gradients.
std::vector<at::Tensor> dense(std::vector<at::Tensor> gradients) {
  for (auto& gradient : gradients) {
    if (gradient.defined() && gradient.is_sparse()) gradient = gradient.to_dense();
  }
  return gradients;
}

}  // namespace

LocalTraining::LocalTraining(LocalTrainingOptions options)
    : options_(std::move(options)),
      queue_(options_.data, derive_seed(options_.trial_seed, "data"), options_.batch_size,
             options_.device, options_.data_order, options_.reader_threads),
      collective_(std::make_unique<SingleProcess>()),
      generator_(at::globalContext().defaultGenerator(options_.device).clone()),
      evaluations_(std::move(options_.evaluations)) {
  options_.model->initialize(options_.model_seed);
  if (!options_.blind) return;
  hide_names(options_.info);
  const auto seed = derive_seed(options_.trial_seed, "blind");
  shown_parameters_ = blinded(options_.model->parameters(), seed);
  shown_state_ = blinded(options_.model->state(), seed);
}

LocalTraining::~LocalTraining() = default;

void LocalTraining::begin_hook(const std::string& name) {
  const auto step = static_cast<std::uint64_t>(step_);
  seed_generator(generator_, derive_seed(options_.trial_seed, name, step));
  const auto dropout = derive_seed(options_.trial_seed, name + "/dropout", step);
  seed_generator(at::globalContext().defaultGenerator(options_.device), dropout);
  // Tensors drawn on the CPU and moved must repeat too.
  if (!options_.device.is_cpu()) {
    seed_generator(at::globalContext().defaultGenerator(c10::kCPU), dropout);
  }
}

void LocalTraining::restore(const TrainingPosition& position) {
  queue_.seek(position.drawn, position.drawn_by_task);
  step_ = position.step;
}

std::uint64_t LocalTraining::seed(const std::string& purpose) const {
  return derive_seed(options_.trial_seed, "submission/" + purpose);
}

ModelOutput LocalTraining::forward(const Batch& batch, const ForwardOptions& options) {
  if (options.dropout) require_fraction("dropout", *options.dropout);
  return options_.model->forward(batch, options);
}

Loss LocalTraining::loss(const Batch& batch, const ModelOutput& output, double label_smoothing) {
  require_fraction("label_smoothing", label_smoothing);
  Loss result = options_.workload.loss(batch, output, label_smoothing);
  if (options_.record_losses) {
    const at::NoGradGuard no_grad;
    losses_.add(step_, result.mean());
  }
  return result;
}

std::vector<at::Tensor> LocalTraining::leaves() const {
  std::vector<at::Tensor> result;
  result.reserve(parameters().size());
  for (const auto& parameter : parameters()) result.push_back(parameter.tensor);
  return result;
}

std::vector<at::Tensor> LocalTraining::gradients(const at::Tensor& scalar, bool keep_graph) {
  const at::AutoGradMode with_gradients(true);
  return dense(torch::autograd::grad({scalar}, leaves(), /*grad_outputs=*/{}, keep_graph,
                                     /*create_graph=*/keep_graph, /*allow_unused=*/true));
}

std::vector<at::Tensor> LocalTraining::gradients_of(const at::Tensor& scalar,
                                                    const std::vector<at::Tensor>& tensors,
                                                    bool keep_graph) {
  const at::AutoGradMode with_gradients(true);
  return dense(torch::autograd::grad({scalar}, tensors, /*grad_outputs=*/{}, keep_graph,
                                     /*create_graph=*/false, /*allow_unused=*/true));
}

void LocalTraining::record(const std::string& name, double value) {
  if (name.empty() || name.size() > kLongestName) {
    throw std::invalid_argument(
        fmt::format("record(): a name of {} bytes, expected 1 to {}", name.size(), kLongestName));
  }
  if (name.starts_with(kDiagnosisPrefix) || name.starts_with(kEvaluatorPrefix)) {
    throw std::invalid_argument(
        fmt::format("record(): '{}' begins like a number of the harness's own; "
                    "choose another name",
                    name));
  }
  if (recorded_.size() >= kMostNames && !recorded_.contains(name)) {
    throw std::invalid_argument(
        fmt::format("record(): '{}' is one name too many, at most {} between two evaluations", name,
                    kMostNames));
  }
  recorded_[name] = value;
}

std::map<std::string, double> LocalTraining::take_recorded() {
  const auto drawn = queue_.drawn_of_tasks();
  for (std::size_t task = 0; task < drawn.size(); ++task) {
    const auto& info = options_.info.tasks.at(task);
    recorded_["epochs/" + info.name] =
        static_cast<double>(drawn[task]) / static_cast<double>(info.training_examples);
  }
  return std::exchange(recorded_, {});
}

std::vector<at::Tensor> LocalTraining::hessian_vector_product(
    const std::function<at::Tensor()>& loss, const std::vector<at::Tensor>& vectors) {
  const at::AutoGradMode with_gradients(true);
  const auto inputs = leaves();
  require_match(vectors, inputs);
  const auto first = gradients(loss(), /*keep_graph=*/true);
  // A gradient that is constant, or of a parameter that the loss does not use, has no second order.
  std::vector<at::Tensor> differentiable, weights;
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (!first[i].defined() || !first[i].requires_grad()) continue;
    differentiable.push_back(first[i]);
    weights.push_back(vectors[i].detach());
  }
  std::vector<at::Tensor> result(inputs.size());
  if (!differentiable.empty()) {
    result = dense(torch::autograd::grad(differentiable, inputs, weights, /*retain_graph=*/false,
                                         /*create_graph=*/false, /*allow_unused=*/true));
  }
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (!result[i].defined()) result[i] = at::zeros_like(inputs[i]);
  }
  return result;
}

}  // namespace timetrial::sdk
