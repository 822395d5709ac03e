#include "harness/conformance/data_checks.h"

#include "workloads/recorded_metric.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string_view>
#include <unordered_set>

namespace timetrial::conformance {
namespace {

using workloads::compared;
using workloads::Evaluation;
using workloads::Model;
using workloads::Split;
using workloads::TrainingData;
using workloads::Workload;

constexpr std::uint64_t kSeed = 21;
constexpr std::int64_t kTrainingSteps = 20, kTrainingBatch = 64;
constexpr double kLearningRate = 0.05;
constexpr double kMetricTolerance = 1e-4;  // sums in another order; one prediction in 10,000

using Hashes = std::unordered_set<std::size_t>;

void append_bytes(const at::Tensor& tensor, std::string& bytes) {
  const at::Tensor values = tensor.contiguous();
  bytes.append(static_cast<const char*>(values.const_data_ptr()), values.nbytes());
}

/// Whether some tensor has another number of rows than there are examples, as the nodes of graphs
/// do: then a row does not tell whose it is.
bool is_ragged(const Batch& batch) {
  return std::any_of(batch.tensors().begin(), batch.tensors().end(), [&](const auto& one) {
    return one.second.dim() == 0 || one.second.size(0) != batch.size();
  });
}

/// The bytes of one example in all tensors of a batch but its weights; of a batch of one, all.
std::string example_bytes(const Batch& batch, std::int64_t index) {
  std::string bytes;
  for (const auto& [name, tensor] : batch.tensors()) {
    if (name != "weights") append_bytes(batch.size() == 1 ? tensor : tensor[index], bytes);
  }
  return bytes;
}

void add_examples(const Batch& batch, Hashes& hashes) {
  const at::Tensor& weights = batch.weights();
  for (std::int64_t i = 0; i < batch.size(); ++i) {
    if (weights[i].sum().item<double>() == 0) continue;  // padding
    hashes.insert(std::hash<std::string_view>{}(example_bytes(batch, i)));
  }
}

/// Stands for a model while its workload evaluates, and remembers every batch that it is shown.
class Listener final : public Model {
 public:
  explicit Listener(Model& model) : model_(model) {
    parameters_ = model.parameters();
    state_ = model.state();
  }
  void initialize(std::uint64_t seed) override { model_.initialize(seed); }
  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override {
    add_examples(batch, hashes_);
    return model_.forward(batch, options);
  }
  const Hashes& hashes() const { return hashes_; }

 private:
  Model& model_;
  Hashes hashes_;
};

/// Examples in batches of `chunk`.
Hashes training_hashes(const TrainingData& training, std::int64_t chunk) {
  Hashes hashes;
  for (std::int64_t begin = 0; begin < training.size(); begin += chunk) {
    std::vector<std::int64_t> indices(std::min(chunk, training.size() - begin));
    std::iota(indices.begin(), indices.end(), begin);
    add_examples(training.gather(indices, kSeed), hashes);
  }
  return hashes;
}

Hashes held_back_hashes(Model& model, const Evaluation& evaluation, Split split,
                        std::int64_t batch_size) {
  Listener listener(model);
  evaluation.evaluate(listener, split, batch_size);
  return listener.hashes();
}

std::size_t shared(const Hashes& a, const Hashes& b) {
  return static_cast<std::size_t>(
      std::count_if(b.begin(), b.end(), [&](std::size_t hash) { return a.contains(hash); }));
}

std::unique_ptr<Model> trained_model(const Workload& workload, const TrainingData& training) {
  auto model = workload.make_model(at::kCPU);
  model->initialize(kSeed);
  const Batch batch = spread_batch(training, kTrainingBatch);
  for (std::int64_t step = 0; step < kTrainingSteps; ++step) {
    workload.loss(batch, model->forward(batch, {}), 0).mean().backward();
    const at::NoGradGuard no_grad;
    for (const auto& parameter : model->parameters()) {
      at::Tensor tensor = parameter.tensor;
      if (!tensor.grad().defined()) continue;
      tensor.sub_(tensor.grad(), kLearningRate);
      tensor.mutable_grad() = at::Tensor();
    }
  }
  return model;
}

using Metrics = std::map<std::string, double>;

/// error: the largest relative difference, infinite where one side lacks a metric.
CheckResult compare(const Metrics& expected, const Metrics& found, std::string detail) {
  double worst = expected.size() == found.size() ? 0 : std::numeric_limits<double>::infinity();
  for (const auto& [name, value] : expected) {
    const auto other = found.find(name);
    if (other == found.end()) continue;
    const double off = std::fabs(other->second - value) / std::max(std::fabs(value), 1e-12);
    worst = std::max(worst, std::isnan(off) ? std::numeric_limits<double>::infinity() : off);
  }
  return compared("", worst, kMetricTolerance, std::move(detail));
}

}  // namespace

Batch spread_batch(const TrainingData& training, std::int64_t batch_size) {
  std::vector<std::int64_t> indices(std::min(batch_size, training.size()));
  for (std::size_t i = 0; i < indices.size(); ++i) {
    indices[i] =
        static_cast<std::int64_t>(i) * training.size() / static_cast<std::int64_t>(indices.size());
  }
  return training.gather(indices, kSeed);
}

CheckResult check_evaluation_batch_size(const Workload& workload, const TrainingData& training,
                                        const Evaluation& evaluation) {
  const auto model = trained_model(workload, training);
  const auto usual = evaluation.default_batch_size;
  const auto smaller = std::max<std::int64_t>(1, usual / 3);
  return compare(
      evaluation.evaluate(*model, Split::validation, usual),
      evaluation.evaluate(*model, Split::validation, smaller),
      "validation in batches of " + std::to_string(usual) + " and " + std::to_string(smaller));
}

CheckResult check_evaluation_threads(const Workload& workload, const TrainingData& training,
                                     const Evaluation& evaluation) {
  const auto model = trained_model(workload, training);
  const int before = at::get_num_threads();
  const auto on = [&](int threads) {
    at::set_num_threads(threads);
    auto metrics = evaluation.evaluate(*model, Split::validation, evaluation.default_batch_size);
    at::set_num_threads(before);
    return metrics;
  };
  return compare(on(1), on(2), "validation on one thread and on two");
}

CheckResult check_halves_are_disjoint(const Workload& workload, const TrainingData& training,
                                      const Evaluation& evaluation) {
  const auto model = workload.make_model(at::kCPU);
  model->initialize(kSeed);
  const bool ragged = is_ragged(spread_batch(training, kTrainingBatch));
  constexpr std::int64_t kChunk = 1024;
  const Hashes trained = training_hashes(training, ragged ? 1 : kChunk);
  const std::int64_t batch_size = ragged ? 1 : evaluation.default_batch_size;
  const Hashes validation = held_back_hashes(*model, evaluation, Split::validation, batch_size);
  const Hashes test = held_back_hashes(*model, evaluation, Split::test, batch_size);
  const auto found = shared(trained, validation) + shared(trained, test) + shared(validation, test);
  return compared("", static_cast<double>(found), 0,
                  std::to_string(trained.size()) + " training, " +
                      std::to_string(validation.size()) + " validation and " +
                      std::to_string(test.size()) + " test examples that differ");
}

}  // namespace timetrial::conformance
