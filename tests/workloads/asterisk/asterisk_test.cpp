// Preparation, training batches and evaluation of the recordings, on a made package.
#include "workloads/asterisk/asterisk.h"

#include "made_package.h"
#include "tests/support/temporary_folder.h"
#include "workloads/asterisk/clips.h"
#include "workloads/nn/builder.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>

namespace timetrial::asterisk {
namespace {

namespace fs = std::filesystem;

const ForwardOptions kEvaluation = {.training = false, .dropout = {}};

std::string bytes_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

class AsteriskData : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<test::TemporaryFolder>();
    write_package(folder_->path() / "packages", made_recordings());
    workload_ = workloads::find("asterisk_conformer").make();
    workload_->prepare(folder_->path() / "packages", data());
  }
  static void TearDownTestSuite() { folder_.reset(); }
  static fs::path data() { return folder_->path() / "data"; }

  static std::unique_ptr<test::TemporaryFolder> folder_;
  static std::unique_ptr<workloads::Workload> workload_;
};
std::unique_ptr<test::TemporaryFolder> AsteriskData::folder_;
std::unique_ptr<workloads::Workload> AsteriskData::workload_;

/// Says the first `spoken` characters of what it is told, whatever it hears; remembers the texts.
class Parrot final : public nn::BuiltModel {
 public:
  explicit Parrot(std::int64_t spoken) : BuiltModel(at::kCPU), spoken_(spoken) {
    builder().linear("unused", {.in = 1, .out = 1});
  }
  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override {
    EXPECT_FALSE(options.training);
    const std::int64_t frames = 75;
    const auto lengths = batch.at("target_paddings").eq(0).sum(1);
    auto logits = at::zeros({batch.size(), frames, kTokens});
    for (std::int64_t b = 0; b < batch.size(); ++b) {
      const std::int64_t length = lengths[b].item<std::int64_t>();
      const auto row = batch.targets()[b].slice(0, 0, length);
      texts.insert(text_of(
          {row.const_data_ptr<std::int64_t>(), row.const_data_ptr<std::int64_t>() + length}));
      for (std::int64_t t = 0; t < frames; ++t) {
        const bool says = t < std::min(spoken_, length);
        logits[b][t][says ? row[t].item<std::int64_t>() : 0] = 20;
      }
    }
    return {logits, at::zeros({batch.size(), frames})};
  }

  std::set<std::string> texts;

 private:
  std::int64_t spoken_;
};

TEST_F(AsteriskData, TokensSpellTheText) {
  EXPECT_THAT(tokens_of("a 'z"), testing::ElementsAre(3, 1, 2, 28));
  EXPECT_EQ(text_of(tokens_of("o'clock and so on")), "o'clock and so on");
}

TEST_F(AsteriskData, SplitsShareNoText) {
  const auto training = workload_->open_training(data() / "training");
  const auto evaluation = workload_->open_evaluation(data() / "held_back");
  Parrot silent(0);
  std::set<std::string> seen;
  std::vector<std::int64_t> all(training->size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
  silent.forward(training->gather(all, 1), kEvaluation);
  const auto trained = std::exchange(silent.texts, {});
  EXPECT_EQ(trained.size(), all.size());
  std::size_t total = trained.size();
  for (const auto split : {workloads::Split::validation, workloads::Split::test}) {
    evaluation->evaluate(silent, split, 50);
    EXPECT_EQ(silent.texts.size(), static_cast<std::size_t>(evaluation->size(split)));
    EXPECT_GT(silent.texts.size(), 30u);
    total += silent.texts.size();
    for (const auto& text : silent.texts) {
      EXPECT_EQ(trained.count(text) + seen.count(text), 0u) << text;
    }
    seen.merge(silent.texts);
    silent.texts.clear();
  }
  EXPECT_EQ(total, static_cast<std::size_t>(kMadeClips));
  evaluation->evaluate(silent, workloads::Split::train_subset, 50);
  EXPECT_EQ(evaluation->size(workloads::Split::train_subset),
            evaluation->size(workloads::Split::validation));
  for (const auto& text : silent.texts) EXPECT_EQ(trained.count(text), 1u) << text;
}

TEST_F(AsteriskData, ABatchHoldsTheRecordingsAndTheirPaddings) {
  const auto training = workload_->open_training(data() / "training");
  const std::vector<std::int64_t> indices = {5, 0};
  const auto batch = training->gather(indices, 1);
  EXPECT_EQ(batch.inputs().sizes(), at::IntArrayRef({2, kLongestSamples}));
  EXPECT_EQ(batch.targets().sizes(), at::IntArrayRef({2, kLongestText}));
  EXPECT_TRUE(at::equal(batch.weights(), at::ones({2})));
  for (std::int64_t b = 0; b < 2; ++b) {
    const auto samples = batch.at("input_paddings")[b].eq(0).sum().item<std::int64_t>();
    const auto expected = tone(samples);  // the length of a made recording tells its pitch
    for (const std::int64_t i : {std::int64_t{1}, samples / 2, samples - 1}) {
      EXPECT_EQ(batch.inputs()[b][i].item<float>(), expected[static_cast<std::size_t>(i)]);
    }
    EXPECT_EQ(batch.inputs()[b].slice(0, samples).abs().sum().item<float>(), 0);
    EXPECT_EQ(batch.at("target_paddings")[b].eq(0).sum().item<std::int64_t>(), 10);
    EXPECT_EQ(batch.targets()[b].slice(0, 10).abs().sum().item<std::int64_t>(), 0);
  }
  const auto loss = workload_->loss(batch, Parrot(0).forward(batch, kEvaluation), 0);
  EXPECT_EQ(loss.valid_examples.item<float>(), 20);
}

// Every text is like "say woaobr": ten characters, two words.
TEST_F(AsteriskData, EvaluationByHand) {
  const auto evaluation = workload_->open_evaluation(data() / "held_back");
  for (const std::int64_t batch_size : {7, 50, 1000}) {
    SCOPED_TRACE(batch_size);
    const auto rates = [&](std::int64_t spoken) {
      Parrot parrot(spoken);
      return evaluation->evaluate(parrot, workloads::Split::validation, batch_size);
    };
    const auto silent = rates(0), half = rates(4), whole = rates(10);
    EXPECT_DOUBLE_EQ(silent.at("cer"), 1);
    EXPECT_DOUBLE_EQ(silent.at("wer"), 1);
    EXPECT_DOUBLE_EQ(half.at("cer"), 0.6);
    EXPECT_DOUBLE_EQ(half.at("wer"), 0.5);
    EXPECT_DOUBLE_EQ(whole.at("cer"), 0);
    EXPECT_DOUBLE_EQ(whole.at("wer"), 0);
    // The best alignment has 75 frames of probability 1 / (1 + 28 e^-20); others hardly count.
    EXPECT_NEAR(whole.at("ctc_loss"), 75 * 28 * std::exp(-20) / 10, 1e-6);
    // Six letters are missing, each e^-20 as likely as the blank; they may lie anywhere in 71
    // frames.
    EXPECT_NEAR(half.at("ctc_loss"),
                (6 * 20 - std::lgamma(72) + std::lgamma(66) + std::lgamma(7)) / 10, 1e-3);
  }
  Parrot parrot(0);
  EXPECT_THROW(evaluation->evaluate(parrot, workloads::Split::test, 0), std::invalid_argument);
}

TEST_F(AsteriskData, PreparingTwiceGivesTheSameBytes) {
  workload_->prepare(folder_->path() / "packages", folder_->path() / "again");
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(data())) {
    if (!entry.is_regular_file()) continue;
    ++files;
    const auto other = folder_->path() / "again" / fs::relative(entry.path(), data());
    EXPECT_TRUE(bytes_of(entry.path()) == bytes_of(other)) << other;
  }
  EXPECT_EQ(files, 4);
}

TEST_F(AsteriskData, MissingDataNamesFileAndCommand) {
  try {
    workload_->open_training(folder_->path() / "nothing");
    FAIL() << "opened a folder that does not exist";
  } catch (const workloads::DataError& error) {
    EXPECT_THAT(error.what(),
                testing::HasSubstr("nothing/train.safetensors: no such file; make it "
                                   "with: timetrial data prepare asterisk_conformer"));
  }
  const auto training = workload_->open_training(data() / "training");
  const std::vector<std::int64_t> beyond = {training->size()};
  EXPECT_THROW(training->gather(beyond, 1), std::out_of_range);
}

}  // namespace
}  // namespace timetrial::asterisk
