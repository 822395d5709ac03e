#include "workloads/asterisk/asterisk.h"

#include "workloads/asterisk/clips.h"
#include "workloads/asterisk/log_mel_statistics.h"
#include "workloads/data/tensor_io.h"
#include "workloads/metrics/ctc_decode.h"
#include "workloads/metrics/edit_distance.h"
#include "workloads/metrics/word_errors.h"
#include "workloads/speech/ctc_loss.h"
#include "workloads/speech/padded_batches.h"

#include <array>

namespace timetrial::asterisk {
namespace {

constexpr const char* kPrepare = "timetrial data prepare asterisk_conformer";
constexpr std::string_view kCharacters = " 'abcdefghijklmnopqrstuvwxyz";  // token 1 and on
static_assert(kCharacters.size() + 1 == kTokens);

/// One file of clips.
class Examples {
 public:
  explicit Examples(const std::filesystem::path& path) {
    const auto file = data::open(path, kPrepare);
    audio_ = data::read(file, "audio", at::kShort, {-1, kLongestSamples});
    const std::int64_t count = audio_.size(0);
    samples_ = data::read(file, "samples", at::kLong, {count});
    tokens_ = data::read(file, "tokens", at::kByte, {count, kLongestText});
    token_counts_ = data::read(file, "token_counts", at::kLong, {count});
  }

  std::int64_t size() const { return audio_.size(0); }

  /// Throws std::out_of_range for an index that is not in [0, size()).
  Batch gather(std::span<const std::int64_t> indices) const {
    for (const std::int64_t index : indices) {
      if (index >= 0 && index < size()) continue;
      throw std::out_of_range("clip " + std::to_string(index) + " is not in [0, " +
                              std::to_string(size()) + ")");
    }
    const auto rows = at::tensor(at::ArrayRef<std::int64_t>(indices.data(), indices.size()));
    return Batch({{"inputs", audio_.index_select(0, rows).to(at::kFloat)},
                  {"input_paddings",
                   speech::paddings_behind(samples_.index_select(0, rows), kLongestSamples)},
                  {"targets", tokens_.index_select(0, rows).to(at::kLong)},
                  {"target_paddings",
                   speech::paddings_behind(token_counts_.index_select(0, rows), kLongestText)},
                  {"weights", at::ones({static_cast<std::int64_t>(indices.size())})}});
  }

 private:
  at::Tensor audio_, samples_, tokens_, token_counts_;
};

class Training final : public workloads::TrainingData {
 public:
  explicit Training(const std::filesystem::path& folder)
      : examples_(folder / "train.safetensors") {}
  std::int64_t size() const override { return examples_.size(); }
  Batch gather(std::span<const std::int64_t> indices, std::uint64_t /*seed*/) const override {
    return examples_.gather(indices);
  }

 private:
  Examples examples_;
};

/// Loss and errors of a split, batch by batch.
class Sums {
 public:
  void add(const Batch& batch, const ModelOutput& output) {
    const auto loss = speech::masked_ctc_loss(output.logits, output.paddings, batch.targets(),
                                              batch.at("target_paddings"), /*mask=*/{});
    nats_ += loss.per_example.sum(at::kDouble).item<double>();
    const auto hypotheses = metrics::ctc_greedy_decode(output.logits, output.paddings);
    const auto lengths = batch.at("target_paddings").eq(0).sum(1).cpu();
    const auto targets = batch.targets().cpu();
    for (std::size_t b = 0; b < hypotheses.size(); ++b) {
      const auto* row =
          targets.const_data_ptr<std::int64_t>() + static_cast<std::int64_t>(b) * targets.size(1);
      const std::vector reference(row, row + lengths.const_data_ptr<std::int64_t>()[b]);
      errors_ += metrics::edit_distance<std::int64_t>(hypotheses[b], reference);
      characters_ += static_cast<std::int64_t>(reference.size());
      words_ += metrics::word_errors(text_of(hypotheses[b]), text_of(reference));
    }
  }
  std::map<std::string, double> results() const {
    const auto characters = static_cast<double>(characters_);
    return {{"cer", static_cast<double>(errors_) / characters},
            {"ctc_loss", nats_ / characters},
            {"wer", words_.rate()}};
  }

 private:
  double nats_ = 0;
  std::int64_t errors_ = 0, characters_ = 0;
  metrics::WordErrors words_;
};

class HeldBack final : public workloads::Evaluation {
 public:
  explicit HeldBack(const std::filesystem::path& folder)
      : splits_{Examples(folder / "train_subset.safetensors"),
                Examples(folder / "validation.safetensors"),
                Examples(folder / "test.safetensors")} {
    default_batch_size = 32;
  }
  std::int64_t size(workloads::Split split) const override { return examples(split).size(); }

  std::map<std::string, double> evaluate(workloads::Model& model, workloads::Split split,
                                         std::int64_t batch_size) const override {
    return speech::evaluate_in_batches(examples(split), model, batch_size, Sums());
  }

 private:
  const Examples& examples(workloads::Split split) const {
    return splits_[static_cast<std::size_t>(split)];
  }
  std::array<Examples, 3> splits_;  // in the order of Split
};

void write(const std::filesystem::path& file, const std::vector<const Clip*>& clips) {
  const auto count = static_cast<std::int64_t>(clips.size());
  const auto audio = at::zeros({count, kLongestSamples}, at::kShort);
  const auto tokens = at::zeros({count, kLongestText}, at::kByte);
  const auto samples = at::empty({count}, at::kLong), token_counts = at::empty_like(samples);
  for (std::int64_t row = 0; row < count; ++row) {
    const Clip& clip = *clips[static_cast<std::size_t>(row)];
    const auto ids = tokens_of(clip.words);
    std::copy(clip.samples.begin(), clip.samples.end(),
              audio.mutable_data_ptr<std::int16_t>() + row * kLongestSamples);
    std::transform(ids.begin(), ids.end(),
                   tokens.mutable_data_ptr<std::uint8_t>() + row * kLongestText,
                   [](std::int64_t id) { return static_cast<std::uint8_t>(id); });
    samples.mutable_data_ptr<std::int64_t>()[row] = static_cast<std::int64_t>(clip.samples.size());
    token_counts.mutable_data_ptr<std::int64_t>()[row] = static_cast<std::int64_t>(ids.size());
  }
  std::filesystem::create_directories(file.parent_path());
  tensorfile::write_file(file,
                         data::views({{"audio", audio},
                                      {"samples", samples},
                                      {"tokens", tokens},
                                      {"token_counts", token_counts}}),
                         {});
}

}  // namespace

speech::LogMelConfig log_mel_config() {
  return {.sample_rate = kSampleRate,
          .lowest_hertz = 125,
          .highest_hertz = 3800,
          .mean = kLogMelMean,
          .std = kLogMelStd};
}

std::vector<std::int64_t> tokens_of(std::string_view words) {
  std::vector<std::int64_t> tokens;
  for (const char c : words) {
    tokens.push_back(static_cast<std::int64_t>(kCharacters.find(c)) + 1);
  }
  return tokens;
}

std::string text_of(const std::vector<std::int64_t>& tokens) {
  std::string text;
  for (const std::int64_t token : tokens) text += kCharacters[static_cast<std::size_t>(token - 1)];
  return text;
}

workloads::Facts Asterisk::facts() const {
  return {.loss_type = LossType::ctc,
          .metric = "cer",
          .higher_is_better = false,
          .dataset = "asterisk",
          .source = workloads::DataSource::packages,
          .default_dropout = speech::kDefaultDropout};
}

std::unique_ptr<workloads::TrainingData> Asterisk::open_training(
    const std::filesystem::path& training_dir) const {
  return std::make_unique<Training>(training_dir);
}

std::unique_ptr<workloads::Evaluation> Asterisk::open_evaluation(
    const std::filesystem::path& held_back_dir) const {
  return std::make_unique<HeldBack>(held_back_dir);
}

void Asterisk::prepare(const std::filesystem::path& packages,
                       const std::filesystem::path& out) const {
  const auto clips = read_clips(packages / "asterisk-en");
  std::array<std::vector<const Clip*>, 3> parts;  // in the order of Part
  for (const Clip& clip : clips.kept) {
    parts[static_cast<std::size_t>(part_of(clip.words))].push_back(&clip);
  }
  const auto& [training, validation, test] = parts;
  std::vector<const Clip*> train_subset;
  for (std::size_t i = 0; i < validation.size(); ++i) {
    train_subset.push_back(training[i * training.size() / validation.size()]);
  }
  write(out / "training/train.safetensors", training);
  write(out / "held_back/train_subset.safetensors", train_subset);
  write(out / "held_back/validation.safetensors", validation);
  write(out / "held_back/test.safetensors", test);
}

}  // namespace timetrial::asterisk
