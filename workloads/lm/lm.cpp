#include "workloads/lm/lm.h"

#include <sstream>

#include "workloads/data/gzip.h"
#include "workloads/lm/byte_text.h"
#include "workloads/lm/byte_windows.h"
#include "workloads/lm/gcide.h"
#include "workloads/nn/losses.h"

namespace timetrial::lm {
namespace {

/// Bytes predicted in validation and test, and in train_subset: enough that the metric's error from
/// the choice of text is about 0.02 bits, few enough that evaluations take a small part of a run.
constexpr std::int64_t kEvaluationBytes = 24'576, kSubsetBytes = 8'192;
constexpr const char* kPrepare = "timetrial data prepare gcide_lm";

class LanguageModel final : public workloads::Workload {
 public:
  explicit LanguageModel(const Config& config) : config_(config) { validate(config); }

  workloads::Facts facts() const override {
    workloads::Facts facts;
    facts.loss_type = LossType::softmax_cross_entropy;
    facts.metric = "bits_per_byte";
    facts.higher_is_better = false;
    facts.dataset = "gcide";
    return facts;
  }

  std::string configuration() const override {
    return "evaluation_bytes = " + std::to_string(kEvaluationBytes) + "\n" + to_text(config_);
  }

  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return make_transformer(config_, device);
  }

  Loss loss(const Batch& batch, const ModelOutput& output, double label_smoothing) const override {
    return token_loss(batch, output.logits, label_smoothing);
  }

  std::unique_ptr<workloads::TrainingData> open_training(
      const std::filesystem::path& training_dir) const override {
    return open_byte_text(training_dir, config_.sequence_length, kPrepare);
  }

  std::unique_ptr<workloads::Evaluation> open_evaluation(
      const std::filesystem::path& held_back_dir) const override {
    return open_held_back_byte_text(held_back_dir, config_.sequence_length, kPrepare);
  }

  void prepare(const std::filesystem::path& packages,
               const std::filesystem::path& out) const override {
    const auto folder = packages / "dict-gcide" / "usr" / "share" / "dictd";
    const auto index_file = folder / "gcide.index", text_file = folder / "gcide.dict.dz";
    const auto index = read_index(index_file);
    const auto documents = make_documents(data::read_gzip(text_file), index, index_file.string());
    const std::string training = join(documents, Part::training);
    write_bytes(out / "training" / "train.safetensors", training);
    write_subset(out / "held_back" / "train_subset.safetensors", training, kSubsetBytes);
    write_subset(out / "held_back" / "validation.safetensors", join(documents, Part::validation),
                 kEvaluationBytes);
    write_subset(out / "held_back" / "test.safetensors", join(documents, Part::test),
                 kEvaluationBytes);
  }

 private:
  static void write_subset(const std::filesystem::path& file, const std::string& text,
                           std::size_t predicted) {
    const std::size_t wanted = predicted + 1;  // the first byte is only an input
    if (text.size() < wanted) {
      throw workloads::DataError(
          file.string() + ": the dictionary gives " + std::to_string(text.size()) +
          " bytes for this split, expected at least " + std::to_string(wanted) +
          "; unpack the Debian package dict-gcide again (scripts/setup.sh)");
    }
    write_bytes(file, std::string_view(text).substr(0, wanted));
  }

  Config config_;
};

}  // namespace

std::int64_t hidden_units(const Config& config) {
  return (config.mlp_dim + config.multiple_of - 1) / config.multiple_of * config.multiple_of;
}

void validate(const Config& config) {
  const auto require = [](bool holds, const char* field, std::int64_t value, const char* allowed) {
    if (holds) return;
    throw workloads::ConfigError(std::string(field) + " = " + std::to_string(value) + "; " +
                                 allowed);
  };
  require(config.vocab_size >= 2, "vocab_size", config.vocab_size, "use at least 2");
  require(config.sequence_length >= 2, "sequence_length", config.sequence_length, "use at least 2");
  require(config.layers >= 1, "layers", config.layers, "use at least 1");
  require(config.mlp_dim >= 1, "mlp_dim", config.mlp_dim, "use at least 1");
  require(config.multiple_of >= 1, "multiple_of", config.multiple_of, "use at least 1");
  require(config.width >= 2, "width", config.width, "use at least 2");
  require(config.heads >= 1 && config.width % config.heads == 0 &&
              (config.width / config.heads) % 2 == 0,
          "heads", config.heads, "must divide width into heads of an even size");
}

std::string to_text(const Config& config) {
  std::ostringstream out;
  out << "gate = " << (config.gate == Gate::silu ? "silu" : "sigmoid")
      << "\nheads = " << config.heads << "\nlayers = " << config.layers
      << "\nmlp_dim = " << config.mlp_dim << "\nmultiple_of = " << config.multiple_of
      << "\nqk_norm = " << config.qk_norm << "\nsequence_length = " << config.sequence_length
      << "\nvocab_size = " << config.vocab_size << "\nwidth = " << config.width << "\n";
  return out.str();
}

Loss token_loss(const Batch& batch, const at::Tensor& logits, double label_smoothing) {
  const at::Tensor& targets = batch.targets();
  if (logits.dim() != 3 || targets.sizes() != logits.sizes().slice(0, 2)) {
    throw std::invalid_argument("token loss: logits must be [B, T, V] and targets [B, T]");
  }
  if (!(label_smoothing >= 0 && label_smoothing < 1)) {
    throw std::invalid_argument("token loss: label smoothing must be in [0, 1)");
  }
  const at::Tensor& weights = batch.weights();
  const at::Tensor mask = (weights.dim() == 1 ? weights.unsqueeze(1) : weights)
                              .expand(targets.sizes())
                              .mul(targets.ge(0));
  return nn::softmax_cross_entropy(logits, targets.clamp_min(0), mask, label_smoothing);
}

Config gcide_config() {
  Config config;
  config.vocab_size = 256;
  config.sequence_length = 128;
  config.width = 96;
  config.heads = 4;
  config.layers = 2;
  config.mlp_dim = 256;
  config.multiple_of = 32;
  return config;
}

std::unique_ptr<workloads::Workload> make(const Config& config) {
  return std::make_unique<LanguageModel>(config);
}

namespace {

Config changed(void (*change)(Config&)) {
  Config config = gcide_config();
  change(config);
  return config;
}

}  // namespace

TIMETRIAL_WORKLOAD("gcide_lm", make, gcide_config());
TIMETRIAL_VARIANT("gcide_lm_no_qk_norm", "gcide_lm", make,
                  changed([](Config& c) { c.qk_norm = false; }));
TIMETRIAL_VARIANT("gcide_lm_swiglu", "gcide_lm", make,
                  changed([](Config& c) { c.gate = Gate::silu; }));

}  // namespace timetrial::lm
