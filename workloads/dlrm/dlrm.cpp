#include "workloads/dlrm/dlrm.h"

#include <ATen/core/grad_mode.h>

#include <numeric>
#include <sstream>

#include "workloads/data/tensor_io.h"
#include "workloads/dlrm/movielens.h"
#include "workloads/metrics/auc.h"
#include "workloads/nn/losses.h"

namespace timetrial::dlrm {
namespace {

constexpr const char* kPrepare = "timetrial data prepare movielens_dlrm";

/// One file of examples: "inputs" F32 [N, columns] and "targets" F32 [N].
class Examples {
 public:
  explicit Examples(const std::filesystem::path& path) {
    const auto file = data::open(path, kPrepare);
    inputs_ = data::read(file, "inputs", at::kFloat, {-1, kColumns});
    targets_ = data::read(file, "targets", at::kFloat, {inputs_.size(0)});
  }

  std::int64_t size() const { return targets_.size(0); }

  /// Throws std::out_of_range for an index that is not in [0, size()).
  Batch gather(std::span<const std::int64_t> indices) const {
    for (const std::int64_t index : indices) {
      if (index < 0 || index >= size()) {
        throw std::out_of_range("example " + std::to_string(index) + " is not in [0, " +
                                std::to_string(size()) + ")");
      }
    }
    const auto count = static_cast<std::int64_t>(indices.size());
    at::Tensor rows = at::empty({count}, at::kLong);
    std::copy(indices.begin(), indices.end(), rows.mutable_data_ptr<std::int64_t>());
    Batch batch;
    batch.set("inputs", inputs_.index_select(0, rows));
    batch.set("targets", targets_.index_select(0, rows));
    batch.set("weights", at::ones({count}));
    return batch;
  }

 private:
  at::Tensor inputs_, targets_;
};

class Training final : public workloads::TrainingData {
 public:
  explicit Training(const std::filesystem::path& dir) : examples_(dir / "train.safetensors") {}
  std::int64_t size() const override { return examples_.size(); }
  Batch gather(std::span<const std::int64_t> indices, std::uint64_t) const override {
    return examples_.gather(indices);
  }

 private:
  Examples examples_;
};

class HeldBack final : public workloads::Evaluation {
 public:
  explicit HeldBack(const std::filesystem::path& dir)
      : splits_{Examples(dir / "train_subset.safetensors"),
                Examples(dir / "validation.safetensors"), Examples(dir / "test.safetensors")} {
    default_batch_size = 2048;
  }

  std::int64_t size(workloads::Split split) const override { return examples(split).size(); }

  std::map<std::string, double> evaluate(workloads::Model& model, workloads::Split split,
                                         std::int64_t batch_size) const override {
    if (batch_size < 1) throw std::invalid_argument("evaluation batch size must be at least 1");
    const at::NoGradGuard no_grad;
    ForwardOptions evaluation;
    evaluation.training = false;
    const c10::Device device = model.parameters().front().tensor.device();
    std::vector<float> scores;
    std::vector<std::uint8_t> liked;
    double nats = 0;
    for (std::int64_t begin = 0; begin < size(split); begin += batch_size) {
      std::vector<std::int64_t> indices(std::min(batch_size, size(split) - begin));
      std::iota(indices.begin(), indices.end(), begin);
      const Batch on_cpu = examples(split).gather(indices);
      Batch batch;
      for (const auto& [name, tensor] : on_cpu.tensors()) batch.set(name, tensor.to(device));
      const at::Tensor logits = model.forward(batch, evaluation).logits;
      nats += click_loss(batch, logits).per_example.sum(at::kDouble).item<double>();
      append(logits.squeeze(1).cpu(), scores);
      append(on_cpu.targets().to(at::kByte), liked);
    }
    return {{"loss", nats / static_cast<double>(size(split))},
            {"auc", metrics::auc(scores, liked)}};
  }

 private:
  template <typename T>
  static void append(const at::Tensor& values, std::vector<T>& out) {
    const at::Tensor flat = values.contiguous();
    const T* begin = flat.const_data_ptr<T>();
    out.insert(out.end(), begin, begin + flat.numel());
  }
  const Examples& examples(workloads::Split split) const {
    return splits_[static_cast<std::size_t>(split)];
  }

  Examples splits_[3];  // in the order of Split
};

void write_events(const std::filesystem::path& file, const std::vector<const Event*>& events) {
  const auto count = static_cast<std::int64_t>(events.size());
  const at::Tensor inputs = at::empty({count, kColumns}), targets = at::empty({count});
  float* input = inputs.mutable_data_ptr<float>();
  float* target = targets.mutable_data_ptr<float>();
  for (const Event* event : events) {
    input = std::copy(event->features.begin(), event->features.end(), input);
    *target++ = event->liked ? 1 : 0;
  }
  std::filesystem::create_directories(file.parent_path());
  tensorfile::write_file(file, data::views({{"inputs", inputs}, {"targets", targets}}), {});
}

class MovieLens final : public workloads::Workload {
 public:
  explicit MovieLens(const Config& config) : config_(config) {
    validate(config);
    if (config.dense_features != kDenseFeatures ||
        config.categorical_features != kCategoricalFeatures) {
      throw workloads::ConfigError(
          "dense_features = " + std::to_string(config.dense_features) +
          ", categorical_features = " + std::to_string(config.categorical_features) +
          "; MovieLens has " + std::to_string(kDenseFeatures) + " and " +
          std::to_string(kCategoricalFeatures));
    }
  }

  workloads::Facts facts() const override {
    workloads::Facts facts;
    facts.loss_type = LossType::sigmoid_cross_entropy;
    facts.metric = "auc";
    facts.higher_is_better = true;
    facts.dataset = "movielens_100k";
    return facts;
  }

  std::string configuration() const override { return to_text(config_); }

  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return dlrm::make_model(config_, device);
  }

  Loss loss(const Batch& batch, const ModelOutput& output, double) const override {
    return click_loss(batch, output.logits);
  }

  std::unique_ptr<workloads::TrainingData> open_training(
      const std::filesystem::path& training_dir) const override {
    return std::make_unique<Training>(training_dir);
  }

  std::unique_ptr<workloads::Evaluation> open_evaluation(
      const std::filesystem::path& held_back_dir) const override {
    return std::make_unique<HeldBack>(held_back_dir);
  }

  void prepare(const std::filesystem::path& packages,
               const std::filesystem::path& out) const override {
    const auto events = make_events(read_tables(packaged_folder(packages)), config_.vocab_size);
    const EventParts parts = parts_of(events);
    write_events(out / "training" / "train.safetensors", parts.training);
    write_events(out / "held_back" / "train_subset.safetensors", parts.train_subset);
    write_events(out / "held_back" / "validation.safetensors", parts.validation);
    write_events(out / "held_back" / "test.safetensors", parts.test);
  }

 private:
  Config config_;
};

}  // namespace

void validate(const Config& config) {
  const auto require = [](bool holds, const char* field, std::int64_t value, const char* allowed) {
    if (holds) return;
    throw workloads::ConfigError(std::string(field) + " = " + std::to_string(value) + "; " +
                                 allowed);
  };
  require(config.dense_features >= 1, "dense_features", config.dense_features, "use at least 1");
  require(config.categorical_features >= 1, "categorical_features", config.categorical_features,
          "use at least 1");
  require(config.vocab_size >= 4 && config.vocab_size % 4 == 0, "vocab_size", config.vocab_size,
          "use a multiple of 4, the table has 4 chunks");
  require(config.embed_dim >= 1, "embed_dim", config.embed_dim, "use at least 1");
  const auto positive = [](const std::vector<std::int64_t>& dims) {
    return std::all_of(dims.begin(), dims.end(), [](std::int64_t dim) { return dim >= 1; });
  };
  if (config.bottom_dims.empty() || !positive(config.bottom_dims)) {
    throw workloads::ConfigError("bottom_dims must name at least one width, each at least 1");
  }
  if (config.top_dims.size() < 2 || !positive(config.top_dims) || config.top_dims.back() != 1) {
    throw workloads::ConfigError(
        "top_dims must name at least two widths, each at least 1, and end with 1, the logit");
  }
  require(config.resnet || config.bottom_dims.back() == config.embed_dim, "embed_dim",
          config.embed_dim, "must equal the last of bottom_dims, or their products don't exist");
  require(!(config.resnet && config.layer_norm), "layer_norm", 1, "use it without resnet");
  const auto equal_after_first = [](auto begin, auto end) {
    return std::adjacent_find(begin, end, std::not_equal_to<>()) == end;
  };
  require(
      !config.resnet || (equal_after_first(config.bottom_dims.begin(), config.bottom_dims.end()) &&
                         equal_after_first(config.top_dims.begin(), config.top_dims.end() - 1)),
      "resnet", 1, "needs equal widths within bottom_dims and within top_dims before the logit");
}

std::string to_text(const Config& config) {
  std::ostringstream out;
  const auto list = [&](const char* name, const std::vector<std::int64_t>& dims) {
    out << name << " =";
    for (const std::int64_t dim : dims) out << ' ' << dim;
    out << '\n';
  };
  list("bottom_dims", config.bottom_dims);
  out << "categorical_features = " << config.categorical_features
      << "\ndense_features = " << config.dense_features << "\nembed_dim = " << config.embed_dim
      << "\nembed_init_scale = " << config.embed_init_scale
      << "\nlayer_norm = " << config.layer_norm << "\nresnet = " << config.resnet << '\n';
  list("top_dims", config.top_dims);
  out << "vocab_size = " << config.vocab_size << '\n';
  return out.str();
}

Loss click_loss(const Batch& batch, const at::Tensor& logits) {
  const at::Tensor& targets = batch.targets();
  if (logits.dim() != 2 || logits.size(1) != 1 || targets.dim() != 1 ||
      logits.size(0) != targets.size(0)) {
    throw std::invalid_argument("click loss: logits must be [B, 1] and targets [B]");
  }
  return nn::sigmoid_cross_entropy(logits.squeeze(1), targets, batch.weights());
}

Config movielens_config() {
  Config config;
  config.dense_features = kDenseFeatures;
  config.categorical_features = kCategoricalFeatures;
  config.vocab_size = 4096;
  config.embed_dim = 16;
  config.bottom_dims = {64, 32, 16};
  config.top_dims = {128, 64, 1};
  return config;
}

std::unique_ptr<workloads::Workload> make(const Config& config) {
  return std::make_unique<MovieLens>(config);
}

namespace {

Config changed(void (*change)(Config&)) {
  Config config = movielens_config();
  change(config);
  return config;
}

}  // namespace

TIMETRIAL_WORKLOAD("movielens_dlrm", make, movielens_config());
TIMETRIAL_VARIANT("movielens_dlrm_embed_init", "movielens_dlrm", make,
                  changed([](Config& c) { c.embed_init_scale = 1; }));
TIMETRIAL_VARIANT("movielens_dlrm_layernorm", "movielens_dlrm", make,
                  changed([](Config& c) { c.layer_norm = true; }));
TIMETRIAL_VARIANT("movielens_dlrm_resnet", "movielens_dlrm", make, changed([](Config& c) {
                    c.resnet = true;
                    c.bottom_dims = {64, 64, 64};
                    c.top_dims = {64, 64, 64, 1};
                  }));

}  // namespace timetrial::dlrm
