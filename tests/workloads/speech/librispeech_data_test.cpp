// LibriSpeech from unpacked archives to a training step and an evaluation, on a small corpus.
#include "workloads/speech/librispeech_data.h"

#include "made_librispeech.h"
#include "workloads/conformer/conformer.h"
#include "workloads/data/audio_file.h"
#include "workloads/data/subwords.h"
#include "workloads/nn/builder.h"
#include "workloads/speech/librispeech.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <timetrial/random.h>

#include <map>
#include <memory>
#include <sstream>

namespace timetrial::speech {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using workloads::Split;

constexpr std::int64_t kSamples = 48'000;  // 75 frames of the model
constexpr int kTraining = 400;

std::string bytes_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

/// Every file below a folder, by its path there.
std::map<std::string, std::string> files_in(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      files[fs::relative(entry.path(), folder).string()] = bytes_of(entry.path());
    }
  }
  return files;
}

/// Five words of made-up letters.
std::string made_text(Random& random) {
  std::string text;
  for (int word = 0; word < 5; ++word) {
    if (word > 0) text += ' ';
    for (std::uint64_t letters = 2 + random.below(5); letters > 0; --letters) {
      text += static_cast<char>('A' + random.below(26));
    }
  }
  return text;
}

std::vector<std::int16_t> noise(Random& random, std::int64_t samples) {
  std::vector<std::int16_t> audio;
  for (std::int64_t i = 0; i < samples; ++i) {
    audio.push_back(static_cast<std::int16_t>(static_cast<int>(random.below(400)) - 200));
  }
  return audio;
}

std::string id_of(int i) { return (i < 1000 ? "0" : "") + std::to_string(100 + i); }

/// A corpus of all six parts, and what was prepared from it.
class LibriSpeechData : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    corpus_ = std::make_unique<MadeLibriSpeech>();
    Random random(5);
    for (int i = 0; i < kTraining; ++i) {
      corpus_->add("train-clean-100", 19, 198, id_of(i), made_text(random),
                   noise(random, i % 100 == 0 ? kSamples : 500 + i));
    }
    for (const char* part :
         {"train-clean-360", "train-other-500", "dev-clean", "dev-other", "test-clean"}) {
      for (int i = 0; i < 3; ++i) {
        corpus_->add(part, 84, 121, id_of(i), made_text(random), noise(random, kSamples - i));
      }
    }
    out_ = std::make_unique<test::TemporaryFolder>();
    prepare_librispeech(corpus_->root(), out_->path());
  }
  static void TearDownTestSuite() {
    out_.reset();
    corpus_.reset();
  }

  static std::unique_ptr<MadeLibriSpeech> corpus_;
  static std::unique_ptr<test::TemporaryFolder> out_;
};
std::unique_ptr<MadeLibriSpeech> LibriSpeechData::corpus_;
std::unique_ptr<test::TemporaryFolder> LibriSpeechData::out_;

TEST_F(LibriSpeechData, BatchesAreTheRecordingsAndTheirSubwords) {
  const auto training = open_librispeech_training(out_->path() / "training");
  const auto listed = list_utterances(corpus_->root(), training_folders()).kept;
  ASSERT_EQ(training->size(), kTraining + 6);
  ASSERT_EQ(training->size(), std::ssize(listed));
  EXPECT_TRUE(training->worth_reading_ahead());
  const auto tokenizer = data::Subwords::read(out_->path() / "held_back/tokenizer.model", "");
  EXPECT_EQ(tokenizer.size(), 1024);
  const std::vector<std::int64_t> indices = {training->size() - 1, 7};
  const auto batch = training->gather(indices, 1);
  EXPECT_EQ(batch.inputs().sizes(), at::IntArrayRef({2, kLongestAudio}));
  EXPECT_EQ(batch.targets().sizes(), at::IntArrayRef({2, kLongestTargets}));
  EXPECT_TRUE(at::equal(batch.weights(), at::ones({2})));
  for (std::int64_t b = 0; b < 2; ++b) {
    const auto& utterance = listed[static_cast<std::size_t>(indices[static_cast<std::size_t>(b)])];
    const auto samples = data::read_audio(utterance.audio);
    const auto length = std::ssize(samples);
    EXPECT_EQ(batch.at("input_paddings")[b].eq(0).sum().item<std::int64_t>(), length);
    EXPECT_TRUE(at::equal(batch.inputs()[b].slice(0, 0, length),
                          at::tensor(at::ArrayRef<std::int16_t>(samples)).to(at::kFloat)));
    EXPECT_EQ(batch.inputs()[b].slice(0, length).abs().sum().item<float>(), 0);
    const auto count = batch.at("target_paddings")[b].eq(0).sum().item<std::int64_t>();
    const auto row = batch.targets()[b].to(at::kInt);
    std::vector<int> ids(row.const_data_ptr<int>(), row.const_data_ptr<int>() + count);
    EXPECT_EQ(ids.back(), tokenizer.end());
    ids.pop_back();
    EXPECT_EQ(ids, tokenizer.encode(utterance.transcript));
    EXPECT_EQ(tokenizer.decode(ids), utterance.transcript);
  }
  const std::vector<std::int64_t> beyond = {training->size()};
  EXPECT_THROW(training->gather(beyond, 1), std::out_of_range);
}

conformer::Config small() {
  conformer::Config config;
  config.width = 8;
  config.heads = 2;
  config.layers = 1;
  return config;
}

TEST_F(LibriSpeechData, ASmallModelTakesAStepAndIsEvaluated) {
  const auto workload = conformer::make(small());
  const auto training = workload->open_training(out_->path() / "training");
  const auto evaluation = workload->open_evaluation(out_->path() / "held_back");
  const auto model = workload->make_model(at::kCPU);
  model->initialize(3);
  const std::vector<std::int64_t> indices = {0, 100, kTraining};
  const auto batch = training->gather(indices, 1);
  const auto loss = workload->loss(batch, model->forward(batch, {}), 0).mean();
  loss.backward();
  EXPECT_TRUE(std::isfinite(loss.item<double>()));
  for (const auto& parameter : model->parameters()) {
    EXPECT_TRUE(at::isfinite(parameter.tensor.grad()).all().item<bool>()) << parameter.name;
  }
  EXPECT_EQ(evaluation->size(Split::validation), 6);
  EXPECT_EQ(evaluation->size(Split::test), 3);
  EXPECT_EQ(evaluation->size(Split::train_subset), kTraining + 6);  // all, of so few
  const auto together = evaluation->evaluate(*model, Split::validation, 6);
  const auto apart = evaluation->evaluate(*model, Split::validation, 4);
  for (const char* metric : {"ctc_loss", "wer", "plain_wer"}) {
    EXPECT_NEAR(together.at(metric), apart.at(metric), 1e-4 * together.at(metric)) << metric;
  }
}

/// Says what it is told, but for the last words of every second example.
class Parrot final : public nn::BuiltModel {
 public:
  Parrot() : BuiltModel(at::kCPU) { builder().linear("unused", {.in = 1, .out = 1}); }
  ModelOutput forward(const Batch& batch, const ForwardOptions&) override {
    // A blank after each token keeps equal ones apart.
    const auto spread = at::stack({batch.targets(), at::zeros_like(batch.targets())}, 2).flatten(1);
    return {at::one_hot(spread, 1024).to(at::kFloat) * 20, at::zeros_like(spread).to(at::kFloat)};
  }
};

TEST_F(LibriSpeechData, WhoSaysWhatIsSaidMakesNoErrors) {
  const auto evaluation = open_librispeech_evaluation(out_->path() / "held_back");
  Parrot parrot;
  const auto found = evaluation->evaluate(parrot, Split::validation, 2);
  EXPECT_EQ(found.at("wer"), 0);
  EXPECT_EQ(found.at("plain_wer"), 0);
}

TEST_F(LibriSpeechData, PreparingAgainAfterAnInterruptionGivesTheSameBytes) {
  const auto whole = files_in(out_->path());
  EXPECT_EQ(whole.size(), 5u);  // the tokenizer and a shard of each stem
  const test::TemporaryFolder again;
  // A recording that breaks in the middle of the training set.
  const auto broken = list_utterances(corpus_->root(), {"train-other-500"}).kept.back().audio;
  const auto intact = bytes_of(broken);
  std::ofstream(broken, std::ios::binary) << intact.substr(0, intact.size() / 2);
  try {
    prepare_librispeech(corpus_->root(), again.path());
    ADD_FAILURE() << "half a recording was accepted";
  } catch (const workloads::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr(broken.filename().string()));
  }
  std::ofstream(broken, std::ios::binary) << intact;
  // Tokenizer, validation and test: of so few, the subset is the whole training set.
  EXPECT_EQ(files_in(again.path()).size(), 3u);
  const auto kept = fs::last_write_time(again.path() / "held_back/tokenizer.model");
  prepare_librispeech(corpus_->root(), again.path());
  EXPECT_EQ(fs::last_write_time(again.path() / "held_back/tokenizer.model"), kept);
  EXPECT_TRUE(files_in(again.path()) == whole);
}

TEST_F(LibriSpeechData, ABroughtTokenizerIsUsed) {
  const auto model = bytes_of(out_->path() / "held_back/tokenizer.model");
  const auto brought = corpus_->root() / "spm_model.vocab";
  const test::TemporaryFolder other;
  std::ofstream(brought, std::ios::binary) << "no model";
  EXPECT_THROW(prepare_librispeech(corpus_->root(), other.path() / "bad"), workloads::DataError);
  std::ofstream(brought, std::ios::binary) << model;
  prepare_librispeech(corpus_->root(), other.path() / "good");
  fs::remove(brought);
  EXPECT_TRUE(bytes_of(other.path() / "good/held_back/tokenizer.model") == model);
}

TEST_F(LibriSpeechData, TheEstimateIsCloseToWhatIsWritten) {
  std::uint64_t bytes = 0;
  for (const auto& [name, content] : files_in(out_->path())) {
    if (name.starts_with("held_back/train_subset") || name.ends_with(".model")) continue;
    bytes += content.size();
  }
  const auto estimate = librispeech_bytes_to_prepare(corpus_->root());
  EXPECT_NEAR(static_cast<double>(estimate), static_cast<double>(bytes),
              0.1 * static_cast<double>(bytes));
}

TEST(LibriSpeechSource, MissingPartsAreNamedInOneLine) {
  const MadeLibriSpeech corpus;
  corpus.add("train-clean-100", 19, 198, "0000", "ALONE", 500);
  try {
    librispeech_bytes_to_prepare(corpus.root());
    FAIL() << "accepted";
  } catch (const workloads::DataError& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("LibriSpeech/train-clean-360: no such folder; unpack the archive "
                          "train-clean-360.tar.gz there, see docs/data/librispeech.md"));
  }
  EXPECT_THROW(open_librispeech_training(corpus.root()), workloads::DataError);
}

}  // namespace
}  // namespace timetrial::speech
