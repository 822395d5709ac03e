#include "workloads/ctr_drift/ctr_drift.h"

#include "workloads/ctr_drift/stream.h"
#include "workloads/multitask/config_text.h"
#include "workloads/multitask/heads.h"
#include "workloads/multitask/workload.h"

#include <timetrial/random.h>

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace timetrial::ctr_drift {
namespace {

constexpr std::uint64_t kDataSeed = hash_text("ctr_drift/data");
// 500 batches of 256, of which ten in a hundred are a burst; held back: as many in a tenth.
constexpr std::int64_t kTraining = 128'000, kBlock = 25'600;
constexpr std::int64_t kHeldBack = 20'480, kHeldBackBlock = 2'560;

std::vector<multitask::Task> all_tasks() {
  return {multitask::binary("click"), multitask::binary("like"), multitask::binary("share"),
          multitask::regression("watch_time")};
}

std::vector<multitask::Task> tasks_of(const Config& config) {
  std::vector<multitask::Task> tasks;
  for (const std::int64_t task : config.tasks) {
    tasks.push_back(all_tasks()[static_cast<std::size_t>(task)]);
  }
  return tasks;
}

class Ranker final : public nn::BuiltModel {
 public:
  Ranker(const Config& config, c10::Device device)
      : BuiltModel(device),
        config_(config),
        table_(
            builder().embedding("embedding", config.ids * kValues, config.embed_dim,
                                nn::normal(1 / std::sqrt(static_cast<double>(config.embed_dim))))),
        trunk_(builder(), "trunk", config.dense_features + config.ids * config.embed_dim,
               config.widths, multitask::Activation::relu),
        heads_(builder(), tasks_of(config), config.widths.back()),
        first_rows_(at::arange(config.ids, at::TensorOptions(at::kLong).device(device)) * kValues) {
  }

  ModelOutput forward(const Batch& batch, const ForwardOptions& /*options*/) override {
    const at::Tensor& inputs = batch.inputs();
    const at::Tensor rows = inputs.narrow(1, kDense, config_.ids).to(at::kLong) + first_rows_;
    const at::Tensor dense = inputs.narrow(1, 0, config_.dense_features);
    return heads_.of_all(trunk_(at::cat({dense, table_(rows).flatten(1)}, 1)));
  }

 private:
  Config config_;
  nn::Embedding table_;
  multitask::Trunk trunk_;
  multitask::Heads heads_;
  at::Tensor first_rows_;  // of each id in the table
};

class CtrDrift final : public multitask::TabledWorkload {
 public:
  explicit CtrDrift(const Config& config) : TabledWorkload(spec_of(config)), config_(config) {}

  std::string configuration() const override {
    using multitask::text_of;
    return "dense_features = " + text_of(config_.dense_features) +
           "\nembed_dim = " + text_of(config_.embed_dim) + "\nids = " + text_of(config_.ids) +
           "\ntasks = " + text_of(config_.tasks) + "\nwidths = " + text_of(config_.widths) + "\n";
  }

  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return std::make_unique<Ranker>(config_, device);
  }

  void prepare(const std::filesystem::path& /*packages*/,
               const std::filesystem::path& out) const override {
    const auto training = stream(derive_seed(kDataSeed, "training"), kTraining, kBlock);
    const auto held_back = [](const char* split) {
      return stream(derive_seed(kDataSeed, split), kHeldBack, kHeldBackBlock);
    };
    multitask::write(out, {.training = training,
                           .train_subset = multitask::rows(training, 0, kTraining, 6),
                           .validation = held_back("validation"),
                           .test = held_back("test")});
  }

 private:
  static Spec spec_of(const Config& config) {
    validate(config);
    return {.loss_type = LossType::sigmoid_cross_entropy,
            .metric = "auc",
            .dataset = "ctr_drift",
            .format = {.tasks = tasks_of(config),
                       .keeps_order = true,
                       .input_shape = {kDense + kIds},
                       .target_shape = {kLabels},
                       .target_columns = config.tasks,
                       .remedy = "timetrial data prepare ctr_drift"}};
  }

  Config config_;
};

}  // namespace

void validate(const Config& config) {
  using multitask::require;
  const auto up_to = [](std::int64_t most) { return "use 1 to " + std::to_string(most); };
  require(config.embed_dim >= 1, "embed_dim", config.embed_dim, "use at least 1");
  multitask::require_widths("widths", config.widths);
  require(config.dense_features >= 1 && config.dense_features <= kDense, "dense_features",
          config.dense_features, up_to(kDense));
  require(config.ids >= 1 && config.ids <= kIds, "ids", config.ids, up_to(kIds));
  const bool rising =
      std::ranges::adjacent_find(config.tasks, std::greater_equal<>()) == config.tasks.end();
  require(rising && config.tasks.size() >= 2 && config.tasks.front() == 0 &&
              config.tasks.back() < kLabels,
          "tasks", config.tasks,
          "name two to four of 0 (click), 1 (like), 2 (share), 3 (watch_time), the click first");
}

std::unique_ptr<workloads::Workload> make(const Config& config) {
  return std::make_unique<CtrDrift>(config);
}

TIMETRIAL_WORKLOAD("ctr_drift", make, Config{});
TIMETRIAL_VARIANT("ctr_drift_narrow", "ctr_drift", make, Config{.widths = {32, 32, 32}});
TIMETRIAL_VARIANT("ctr_drift_few_features", "ctr_drift", make,
                  Config{.dense_features = 3, .ids = 6});
TIMETRIAL_VARIANT("ctr_drift_two_tasks", "ctr_drift", make, Config{.tasks = {0, 3}});

}  // namespace timetrial::ctr_drift
