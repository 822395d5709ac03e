// AlgoPerf's finewebedu_lm: the model in full size, on FineWeb-Edu's tokens.
//
//   <source>/train/*.bin, <source>/val/*.bin   token_stream.h
//   training/tokens-00000.safetensors, …       token_windows.h
//   held_back/train_subset.safetensors, held_back/validation.safetensors
#include <nlohmann/json.hpp>

#include <algorithm>

#include "workloads/data/preparation.h"
#include "workloads/lm/likelihood.h"
#include "workloads/lm/lm.h"
#include "workloads/lm/token_stream.h"
#include "workloads/lm/token_windows.h"
#include "workloads/metrics/likelihood.h"
#include "workloads/recorded_arguments.h"

namespace timetrial::lm {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrepare = "timetrial data prepare finewebedu_lm --from DIR";
constexpr const char* kRemedy = "docs/data/finewebedu.md says how the folder must lie";

fs::path shard_file(std::int64_t shard) {
  const std::string number = std::to_string(shard);
  return "tokens-" + std::string(5 - std::min<std::size_t>(5, number.size()), '0') + number +
         ".safetensors";
}

std::vector<fs::path> shard_files(const fs::path& dir) {
  std::vector<fs::path> files = {dir / shard_file(0)};
  while (fs::exists(dir / shard_file(std::ssize(files)))) {
    files.push_back(dir / shard_file(std::ssize(files)));
  }
  return files;
}

class Training final : public workloads::TrainingData {
 public:
  Training(const fs::path& dir, std::int64_t sequence_length)
      : windows_(shard_files(dir), sequence_length, kPrepare) {}
  std::int64_t size() const override { return windows_.size(); }
  Batch gather(std::span<const std::int64_t> indices, std::uint64_t) const override {
    return windows_.gather(indices);
  }

 private:
  TokenWindows windows_;
};

class HeldBack final : public workloads::Evaluation {
 public:
  HeldBack(const fs::path& dir, std::int64_t sequence_length)
      : train_subset_({dir / "train_subset.safetensors"}, sequence_length, kPrepare),
        validation_({dir / "validation.safetensors"}, sequence_length, kPrepare) {}

  std::int64_t size(workloads::Split split) const override {
    return split == workloads::Split::test ? 0 : windows(split).size();
  }

  std::map<std::string, double> evaluate(workloads::Model& model, workloads::Split split,
                                         std::int64_t batch_size) const override {
    const auto gather = [&](std::span<const std::int64_t> indices) {
      return windows(split).gather(indices);
    };
    const Likelihood sum = likelihood(model, size(split), batch_size, gather);
    const double tokens = std::max(sum.tokens, 1.0);  // of the test split: none
    return {{"loss", sum.nats / tokens}, {"ppl", metrics::perplexity(sum.nats, tokens)}};
  }

 private:
  const TokenWindows& windows(workloads::Split split) const {
    return split == workloads::Split::validation ? validation_ : train_subset_;
  }

  TokenWindows train_subset_, validation_;
};

class FinewebEdu final : public workloads::Workload {
 public:
  FinewebEdu(const Config& config, const FinewebEduPreparation& settings)
      : config_(config), settings_(settings) {
    validate(config);
  }

  workloads::Facts facts() const override {
    workloads::Facts facts;
    facts.loss_type = LossType::softmax_cross_entropy;
    facts.metric = "ppl";
    facts.higher_is_better = false;
    facts.dataset = "finewebedu";
    facts.source = workloads::DataSource::official;
    return facts;
  }
  std::string configuration() const override { return to_text(config_); }
  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override {
    return make_transformer(config_, device);
  }
  Loss loss(const Batch& batch, const ModelOutput& output, double label_smoothing) const override {
    return training_loss(batch, output.logits, label_smoothing, config_.z_loss);
  }
  std::unique_ptr<workloads::TrainingData> open_training(
      const fs::path& training_dir) const override {
    return std::make_unique<Training>(training_dir, config_.sequence_length);
  }
  std::unique_ptr<workloads::Evaluation> open_evaluation(
      const fs::path& held_back_dir) const override {
    return std::make_unique<HeldBack>(held_back_dir, config_.sequence_length);
  }
  void prepare(const fs::path& source, const fs::path& out) const override;
  std::uint64_t bytes_to_prepare(const fs::path& source) const override;

  std::unique_ptr<workloads::Workload> in_recorded_sizes(
      const nlohmann::json& constructor) const override;

 private:
  TokenStream stream(const fs::path& source, const char* split) const {
    return {source, split, config_.vocab_size, kRemedy};
  }
  /// Whole windows of a stream. Throws DataError where there is none.
  std::int64_t windows(const TokenStream& tokens, const fs::path& source) const;

  const Config config_;
  const FinewebEduPreparation settings_;
};

std::int64_t FinewebEdu::windows(const TokenStream& tokens, const fs::path& source) const {
  const std::int64_t count = tokens.size() / (config_.sequence_length + 1);
  if (count >= 1) return count;
  throw workloads::DataError(source.string() + ": a split of " + std::to_string(tokens.size()) +
                             " tokens, expected at least " +
                             std::to_string(config_.sequence_length + 1) + "; " + kRemedy);
}

void FinewebEdu::prepare(const fs::path& source, const fs::path& out) const {
  const TokenStream training = stream(source, "train"), held_back = stream(source, "val");
  const std::int64_t length = config_.sequence_length, total = windows(training, source);
  const std::int64_t subset = std::min(settings_.train_subset, total);
  const std::int64_t validation = std::min(settings_.validation, windows(held_back, source));
  data::Preparation preparation(out, "windows", total + subset + validation);
  const auto write = [&](const fs::path& name, const TokenStream& tokens, std::int64_t begin,
                         std::int64_t count) {
    preparation.file(name, count, [&](const fs::path& partial) {
      write_windows(partial, tokens.read(begin * (length + 1), count * (length + 1)), length);
    });
  };
  write("held_back/train_subset.safetensors", training, 0, subset);
  write("held_back/validation.safetensors", held_back, 0, validation);
  const std::int64_t per_shard = settings_.windows_per_shard;
  for (std::int64_t shard = 0; shard * per_shard < total; ++shard) {
    write("training" / shard_file(shard), training, shard * per_shard,
          std::min(per_shard, total - shard * per_shard));
  }
}

std::uint64_t FinewebEdu::bytes_to_prepare(const fs::path& source) const {
  const std::int64_t windows_to_write =
      windows(stream(source, "train"), source) + settings_.train_subset +
      std::min(settings_.validation, windows(stream(source, "val"), source));
  return static_cast<std::uint64_t>(windows_to_write * (config_.sequence_length + 1) * 2);
}

std::unique_ptr<workloads::Workload> FinewebEdu::in_recorded_sizes(
    const nlohmann::json& constructor) const {
  workloads::RecordedArguments arguments("finewebedu_lm", constructor);
  Config config;  // most have no default in AlgoPerf: left out, they are this workload's
  config.width = arguments.integer("model_dim", config.width);
  config.heads = arguments.integer("num_heads", config.heads);
  config.sequence_length = arguments.integer("seq_len", config.sequence_length);
  config.layers = arguments.integer("num_layers", config.layers);
  config.vocab_size = arguments.integer("vocab_size", config.vocab_size);
  config.mlp_dim = arguments.integer("expanded_model_dim", config.mlp_dim);
  config.multiple_of = arguments.integer("multiple_of", config.multiple_of);
  for (const char* epsilon : {"rmsnorm_epsilon", "qknorm_epsilon"}) {
    if (arguments.number(epsilon, kEpsilon) != kEpsilon) arguments.refuse(epsilon, "1e-6");
  }
  if (!arguments.flag("tie_embeddings", true)) arguments.refuse("tie_embeddings", "true");
  arguments.flag("use_residual_scaling", true);  // which AlgoPerf's model does not look at
  arguments.finish();
  return make_finewebedu(config);
}

}  // namespace

std::unique_ptr<workloads::Workload> make_finewebedu(const Config& config,
                                                     const FinewebEduPreparation& settings) {
  return std::make_unique<FinewebEdu>(config, settings);
}

TIMETRIAL_WORKLOAD("finewebedu_lm", make_finewebedu, Config{});

}  // namespace timetrial::lm
