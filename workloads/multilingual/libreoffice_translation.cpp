#include "workloads/data/subwords.h"
#include "workloads/multilingual/multilingual.h"
#include "workloads/multilingual/texts.h"
#include "workloads/multilingual/translation_tasks.h"
#include "workloads/multitask/joined_tasks.h"
#include "workloads/transformer/translation_data.h"

#include <algorithm>

namespace timetrial::multilingual {
namespace {

namespace fs = std::filesystem;
using transformer::Part;
using transformer::SentencePair;
using transformer::SplitPair;
using transformer::Tokens;

constexpr const char* kPrepare = "timetrial data prepare libreoffice_translation";
constexpr auto kTags = static_cast<std::int64_t>(kLanguages.size());
/// As libreoffice_transformer: tokens of a side, the end included, and of a packed row's side.
constexpr std::int64_t kLongest = 32, kRowLength = 64;
/// Pairs of each language that are evaluated, if it has so many.
constexpr std::size_t kEvaluated = 384;
constexpr std::int64_t kEvaluationBatch = 96;
/// Characters that the subwords are made from, of each language with its English.
constexpr std::size_t kSubwordText = 1'000'000;

std::string train_subwords(const std::vector<std::vector<SplitPair>>& texts, std::int64_t pieces) {
  std::vector<const std::string*> lines;
  for (const auto& pairs : texts) {
    std::size_t characters = 0;
    for (const SplitPair& pair : pairs) {
      if (pair.part != Part::training || characters >= kSubwordText) continue;
      for (const std::string* line : {&pair.text.other, &pair.text.english}) {
        lines.push_back(line);
        characters += line->size() + 1;
      }
    }
  }
  std::size_t next = 0;
  return data::Subwords::train(
      [&]() -> std::optional<std::string> {
        if (next == lines.size()) return std::nullopt;
        return *lines[next++];
      },
      {.pieces = pieces});
}

/// The pairs of a part as tokens, English first, behind the language's tag: those that are not too
/// long and of known characters.
std::vector<SentencePair> tokens_of(const std::vector<SplitPair>& pairs, Part part,
                                    const data::Subwords& subwords, std::int64_t tag) {
  const auto encode = [&](const std::string& text, Tokens tokens) {
    const auto ids = subwords.encode(text);
    tokens.insert(tokens.end(), ids.begin(), ids.end());
    tokens.push_back(subwords.end());
    return tokens;
  };
  const auto fits = [](const Tokens& tokens) {
    return static_cast<std::int64_t>(tokens.size()) <= kLongest &&
           std::ranges::find(tokens, 0) == tokens.end();
  };
  std::vector<SentencePair> found;
  for (const SplitPair& pair : pairs) {
    if (pair.part != part) continue;
    SentencePair tokens{encode(pair.text.english, {tag}), encode(pair.text.other, {})};
    if (fits(tokens.inputs) && fits(tokens.targets)) found.push_back(std::move(tokens));
  }
  return found;
}

/// The first ones, since the pairs are in random order; by length.
void write_evaluated(const fs::path& file, std::vector<SentencePair> pairs) {
  pairs.resize(std::min(pairs.size(), kEvaluated));
  std::ranges::stable_sort(pairs, {}, [](const SentencePair& pair) {
    return std::max(pair.inputs.size(), pair.targets.size());
  });
  transformer::write_pairs(file, pairs, kLongest);
}

class LibreOfficeTranslation final : public TranslationTasks {
 public:
  explicit LibreOfficeTranslation(const transformer::Config& config)
      : TranslationTasks(config, {kLanguages.begin(), kLanguages.end()}) {}

  workloads::Facts facts() const override {
    workloads::Facts facts = TranslationTasks::facts();
    facts.dataset = "libreoffice_translation";
    return facts;
  }

  std::string configuration() const override {
    return Translation::configuration() + "evaluated_pairs = " + std::to_string(kEvaluated) +
           "\nlongest = " + std::to_string(kLongest) +
           "\nrow_length = " + std::to_string(kRowLength) + "\n";
  }

  std::unique_ptr<workloads::TrainingData> open_training(
      const fs::path& training_dir) const override {
    std::vector<std::unique_ptr<workloads::TrainingData>> parts;
    for (const std::string& language : languages()) {
      parts.push_back(transformer::open_rows(training_dir / language, kPrepare));
    }
    return multitask::join_training(std::move(parts));
  }

  std::unique_ptr<workloads::Evaluation> open_evaluation(
      const fs::path& held_back_dir) const override {
    transformer::Translating settings;
    settings.model = config_;
    settings.bleu = false;
    settings.default_batch_size = kEvaluationBatch;
    settings.prepare_command = kPrepare;
    std::vector<std::unique_ptr<workloads::Evaluation>> parts;
    for (const std::string& language : languages()) {
      parts.push_back(transformer::open_pairs(held_back_dir / language, settings));
    }
    return multitask::join_evaluations(languages(), std::move(parts));
  }

  void prepare(const fs::path& packages, const fs::path& out) const override {
    const auto texts = read_texts(packages);
    const std::int64_t pieces = config_.vocab_size - kTags;
    const data::Subwords subwords(train_subwords(texts, pieces));
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto tokens = [&](Part part) {
        return tokens_of(texts[i], part, subwords, pieces + static_cast<std::int64_t>(i));
      };
      const auto training = tokens(Part::training);
      transformer::write_rows(out / "training" / languages()[i] / transformer::rows_file(0),
                              training, kRowLength);
      const fs::path held_back = out / "held_back" / languages()[i];
      write_evaluated(held_back / "train_subset.safetensors", training);
      write_evaluated(held_back / "validation.safetensors", tokens(Part::validation));
      write_evaluated(held_back / "test.safetensors", tokens(Part::test));
    }
  }
};

/// That of libreoffice_transformer, with a token for each language.
transformer::Config small_config() {
  transformer::Config config = transformer::libreoffice_config();
  config.vocab_size += kTags;
  return config;
}

}  // namespace

std::unique_ptr<workloads::Workload> make_translation(const transformer::Config& config) {
  if (config.vocab_size <= kTags) {
    throw workloads::ConfigError("vocab_size = " + std::to_string(config.vocab_size) +
                                 "; it counts a token for each language besides the subwords");
  }
  return std::make_unique<LibreOfficeTranslation>(config);
}

TIMETRIAL_WORKLOAD("libreoffice_translation", make_translation, small_config());

}  // namespace timetrial::multilingual
