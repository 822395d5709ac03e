// libreoffice_transformer and its variants: texts of LibreOffice, German to English, at a size that
// two cores train in seconds. What it learns in them is too little for BLEU (0.4 of 100), so the
// metric is how many of the target's tokens it predicts, which AlgoPerf's wmt measures, too.
#include <algorithm>

#include "workloads/data/subwords.h"
#include "workloads/transformer/libreoffice.h"
#include "workloads/transformer/translation.h"
#include "workloads/transformer/translation_data.h"

namespace timetrial::transformer {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrepare = "timetrial data prepare libreoffice_transformer";

/// Pairs with more tokens on a side, the end included, are left out: 64 is two full rows' worth.
constexpr std::int64_t kLongest = 32;
/// Tokens a packed training row has on each side.
constexpr std::int64_t kRowLength = 64;
/// Pairs in each of train_subset, validation and test.
constexpr std::size_t kEvaluated = 384;
/// In order of length, four batches have little padding.
constexpr std::int64_t kEvaluationBatch = 96;
/// Characters of both languages that the subwords are made from.
constexpr std::size_t kSubwordText = 2'000'000;

Translating translating(const Config& model) {
  Translating settings;
  settings.model = model;
  settings.bleu = false;
  settings.default_batch_size = kEvaluationBatch;
  settings.prepare_command = kPrepare;
  return settings;
}

std::string train_subwords(const std::vector<SplitPair>& pairs, std::int64_t pieces) {
  std::vector<const std::string*> lines;
  std::size_t characters = 0;
  for (const SplitPair& pair : pairs) {
    if (pair.part != Part::training || characters >= kSubwordText) continue;
    for (const std::string* line : {&pair.text.other, &pair.text.english}) {
      lines.push_back(line);
      characters += line->size() + 1;
    }
  }
  std::size_t next = 0;
  const auto next_line = [&]() -> std::optional<std::string> {
    if (next == lines.size()) return std::nullopt;
    return *lines[next++];
  };
  return data::Subwords::train(next_line, {.pieces = pieces});
}

/// The pairs of a part as tokens: those that are not too long and of known characters.
std::vector<SentencePair> tokens_of(const std::vector<SplitPair>& pairs, Part part,
                                    const data::Subwords& subwords) {
  const auto encode = [&](const std::string& text) {
    const auto ids = subwords.encode(text);
    Tokens tokens(ids.begin(), ids.end());
    tokens.push_back(subwords.end());
    return tokens;
  };
  const auto fits = [](const Tokens& tokens) {
    return static_cast<std::int64_t>(tokens.size()) <= kLongest &&
           std::find(tokens.begin(), tokens.end(), 0) == tokens.end();
  };
  std::vector<SentencePair> found;
  for (const SplitPair& pair : pairs) {
    if (pair.part != part) continue;
    SentencePair tokens{encode(pair.text.other), encode(pair.text.english)};
    if (fits(tokens.inputs) && fits(tokens.targets)) found.push_back(std::move(tokens));
  }
  return found;
}

class LibreOffice final : public Translation {
 public:
  explicit LibreOffice(const Config& config) : Translation(config) {}

  workloads::Facts facts() const override {
    workloads::Facts facts = Translation::facts();
    facts.dataset = "libreoffice_de_en";
    facts.metric = "accuracy";
    return facts;
  }

  std::string configuration() const override {
    return Translation::configuration() + "evaluated_pairs = " + std::to_string(kEvaluated) +
           "\nlongest = " + std::to_string(kLongest) +
           "\nrow_length = " + std::to_string(kRowLength) + "\n";
  }

  std::unique_ptr<workloads::TrainingData> open_training(
      const fs::path& training_dir) const override {
    return open_rows(training_dir, kPrepare);
  }

  std::unique_ptr<workloads::Evaluation> open_evaluation(
      const fs::path& held_back_dir) const override {
    return open_pairs(held_back_dir, translating(config_));
  }

  void prepare(const fs::path& packages, const fs::path& out) const override {
    const auto pairs = split(read_pairs(packages / "libreoffice-de"));
    const data::Subwords subwords(train_subwords(pairs, config_.vocab_size));
    const auto training = tokens_of(pairs, Part::training, subwords);
    write_rows(out / "training" / rows_file(0), training, kRowLength);
    const fs::path held_back = out / "held_back";
    write_evaluated(held_back / "train_subset.safetensors", training);
    write_evaluated(held_back / "validation.safetensors",
                    tokens_of(pairs, Part::validation, subwords));
    write_evaluated(held_back / "test.safetensors", tokens_of(pairs, Part::test, subwords));
  }

 private:
  /// The first ones, since the pairs are in random order; by length.
  static void write_evaluated(const fs::path& file, const std::vector<SentencePair>& pairs) {
    if (pairs.size() < kEvaluated) {
      throw workloads::DataError(file.string() + ": LibreOffice's texts give " +
                                 std::to_string(pairs.size()) + " pairs, expected at least " +
                                 std::to_string(kEvaluated) +
                                 "; fetch the packages again (scripts/setup.sh)");
    }
    std::vector<SentencePair> evaluated(pairs.begin(), pairs.begin() + kEvaluated);
    std::ranges::stable_sort(evaluated, {}, [](const SentencePair& pair) {
      return std::max(pair.inputs.size(), pair.targets.size());
    });
    write_pairs(file, evaluated, kLongest);
  }
};

Config changed(void (*change)(Config&)) {
  Config config = libreoffice_config();
  change(config);
  return config;
}

/// The whole model in another width, with as many heads: what muParam compares.
Config of_width(std::int64_t width, std::int64_t mup_base_width) {
  Config config = libreoffice_config();
  config.width = config.mlp_dim = width;
  config.mup_base_width = mup_base_width;
  return config;
}

}  // namespace

Config libreoffice_config() {
  Config config;
  config.vocab_size = 1024;
  config.width = 128;
  config.heads = 4;
  config.mlp_dim = 128;
  config.layers = 2;
  config.dropout = 0;
  return config;
}

std::unique_ptr<workloads::Workload> make_libreoffice(const Config& config) {
  return std::make_unique<LibreOffice>(config);
}

TIMETRIAL_WORKLOAD("libreoffice_transformer", make_libreoffice, libreoffice_config());
TIMETRIAL_VARIANT("libreoffice_transformer_attention_temp", "libreoffice_transformer",
                  make_libreoffice, attention_temp(libreoffice_config()));
TIMETRIAL_VARIANT("libreoffice_transformer_qk_layer_norm", "libreoffice_transformer",
                  make_libreoffice, with_qk_layer_norm(libreoffice_config()));
TIMETRIAL_VARIANT("libreoffice_transformer_relu_attention", "libreoffice_transformer",
                  make_libreoffice, with_relu_attention(libreoffice_config()));
TIMETRIAL_VARIANT("libreoffice_transformer_z_loss", "libreoffice_transformer", make_libreoffice,
                  with_z_loss(libreoffice_config()));
TIMETRIAL_VARIANT("libreoffice_transformer_glu_tanh", "libreoffice_transformer", make_libreoffice,
                  glu_tanh(libreoffice_config()));

// What instabilities are studied under, as of bytes_lm.
TIMETRIAL_VARIANT("libreoffice_transformer_bias_free", "libreoffice_transformer", make_libreoffice,
                  changed([](Config& c) { c.biases = false; }));
TIMETRIAL_VARIANT("libreoffice_transformer_deep", "libreoffice_transformer", make_libreoffice,
                  changed([](Config& c) { c.layers = 6; }));
TIMETRIAL_VARIANT("libreoffice_transformer_deep_scaled", "libreoffice_transformer",
                  make_libreoffice, changed([](Config& c) {
                    c.layers = 6;
                    c.depth_base = 2;
                  }));
TIMETRIAL_VARIANT("libreoffice_transformer_embedding_scaled", "libreoffice_transformer",
                  make_libreoffice,
                  changed([](Config& c) { c.embedding_scale = 11; }));  // the root of the width
TIMETRIAL_VARIANT("libreoffice_transformer_gated_relu_attention", "libreoffice_transformer",
                  make_libreoffice, changed([](Config& c) {
                    c.attention = nn::AttentionForm::relu;
                    c.attention_gate = true;
                  }));
TIMETRIAL_VARIANT("libreoffice_transformer_parallel", "libreoffice_transformer", make_libreoffice,
                  changed([](Config& c) { c.parallel = true; }));
TIMETRIAL_VARIANT("libreoffice_transformer_rmsnorm", "libreoffice_transformer", make_libreoffice,
                  changed([](Config& c) { c.rms_norm = true; }));
TIMETRIAL_VARIANT("libreoffice_transformer_mup", "libreoffice_transformer", make_libreoffice,
                  of_width(128, 64));
TIMETRIAL_VARIANT("libreoffice_transformer_mup_d256", "libreoffice_transformer", make_libreoffice,
                  of_width(256, 64));
TIMETRIAL_VARIANT("libreoffice_transformer_d256", "libreoffice_transformer", make_libreoffice,
                  of_width(256, 0));

}  // namespace timetrial::transformer
