#include "workloads/speech/librispeech_data.h"

#include "workloads/data/audio_file.h"
#include "workloads/data/records.h"
#include "workloads/data/subwords.h"
#include "workloads/speech/librispeech.h"
#include "workloads/speech/padded_batches.h"
#include "workloads/speech/recognition_sums.h"

#include <ATen/ops/zeros.h>

#include <array>
#include <utility>

namespace timetrial::speech {
namespace {

constexpr const char* kPrepare = "timetrial data prepare librispeech_conformer --from DIR";
constexpr std::int64_t kEvaluationBatch = 256;

/// The prepared utterances of one stem.
class Corpus {
 public:
  explicit Corpus(const std::filesystem::path& stem)
      : stem_(stem.string()),
        recordings_(stem, kPrepare),
        samples_(recordings_.column("samples", at::kInt, {})),
        targets_(recordings_.column("targets", at::kShort, {kLongestTargets})),
        target_counts_(recordings_.column("target_counts", at::kInt, {})) {}

  std::int64_t size() const { return recordings_.size(); }

  /// Throws std::out_of_range for an index that is not in [0, size()).
  Batch gather(std::span<const std::int64_t> indices) const {
    const auto count = static_cast<std::int64_t>(indices.size());
    const auto audio = at::zeros({count, kLongestAudio});
    for (std::int64_t b = 0; b < count; ++b) {
      decode(indices[static_cast<std::size_t>(b)],
             audio.mutable_data_ptr<float>() + b * kLongestAudio);
    }
    const auto rows = at::tensor(at::ArrayRef<std::int64_t>(indices.data(), indices.size()));
    return Batch(
        {{"inputs", audio},
         {"input_paddings", paddings_behind(samples_.index_select(0, rows), kLongestAudio)},
         {"targets", targets_.index_select(0, rows).to(at::kLong)},
         {"target_paddings",
          paddings_behind(target_counts_.index_select(0, rows), kLongestTargets)},
         {"weights", at::ones({count})}});
  }

 private:
  /// Writes the samples from `row` on.
  void decode(std::int64_t index, float* row) const {
    const auto name = stem_ + ", utterance " + std::to_string(index);
    const auto samples = data::decode_audio(recordings_[index], name);
    const auto expected = samples_.const_data_ptr<std::int32_t>()[index];
    if (std::ssize(samples) != expected || expected > kLongestAudio) {
      throw workloads::DataError(name + ": " + std::to_string(samples.size()) +
                                 " samples; expected " + std::to_string(expected) +
                                 "; prepare the data again");
    }
    std::copy(samples.begin(), samples.end(), row);
  }

  std::string stem_;
  data::Records recordings_;
  at::Tensor samples_, targets_, target_counts_;
};

class Training final : public workloads::TrainingData {
 public:
  explicit Training(const std::filesystem::path& folder) : corpus_(folder / "audio") {}
  std::int64_t size() const override { return corpus_.size(); }
  Batch gather(std::span<const std::int64_t> indices, std::uint64_t /*seed*/) const override {
    return corpus_.gather(indices);
  }
  bool worth_reading_ahead() const override { return true; }

 private:
  Corpus corpus_;
};

class HeldBack final : public workloads::Evaluation {
 public:
  explicit HeldBack(const std::filesystem::path& folder)
      : splits_{Corpus(folder / "train_subset"), Corpus(folder / "validation"),
                Corpus(folder / "test")},
        tokenizer_(data::Subwords::read(folder / "tokenizer.model", kPrepare)) {
    default_batch_size = kEvaluationBatch;
  }
  std::int64_t size(workloads::Split split) const override { return corpus(split).size(); }

  std::map<std::string, double> evaluate(workloads::Model& model, workloads::Split split,
                                         std::int64_t batch_size) const override {
    RecognitionSums sums([this](const std::vector<std::int64_t>& tokens) {
      return tokenizer_.decode({tokens.begin(), tokens.end()});
    });
    return evaluate_in_batches(corpus(split), model, batch_size, std::move(sums));
  }

 private:
  const Corpus& corpus(workloads::Split split) const {
    return splits_[static_cast<std::size_t>(split)];
  }
  std::array<Corpus, 3> splits_;  // in the order of Split
  data::Subwords tokenizer_;
};

}  // namespace

std::unique_ptr<workloads::TrainingData> open_librispeech_training(
    const std::filesystem::path& training_dir) {
  return std::make_unique<Training>(training_dir);
}

std::unique_ptr<workloads::Evaluation> open_librispeech_evaluation(
    const std::filesystem::path& held_back_dir) {
  return std::make_unique<HeldBack>(held_back_dir);
}

}  // namespace timetrial::speech
