// Sentence pairs on disk: what was written comes back, and held-back pairs are evaluated as the
// model, the search and BLEU say by themselves.
#include "workloads/transformer/translation_data.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <timetrial/random.h>

#include <cmath>
#include <fstream>

#include "tests/support/temporary_folder.h"
#include "workloads/data/subwords.h"
#include "workloads/metrics/bleu.h"
#include "workloads/transformer/translate.h"

namespace timetrial::transformer {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kCommand = "timetrial data prepare something";
constexpr std::int64_t kPieces = 40, kLength = 8;

/// `count` pairs of 1 to `longest` - 1 tokens and the end on each side.
std::vector<SentencePair> made_pairs(std::size_t count, std::int64_t longest) {
  Random random(6);
  std::vector<SentencePair> pairs(count);
  for (SentencePair& pair : pairs) {
    for (Tokens* side : {&pair.inputs, &pair.targets}) {
      side->resize(random.below(static_cast<std::uint64_t>(longest - 1)) + 1);
      for (std::int64_t& token : *side) {
        token = 3 + static_cast<std::int64_t>(random.below(kPieces - 3));
      }
      side->push_back(2);
    }
  }
  return pairs;
}

Tokens row_of(const Batch& batch, const char* name, std::int64_t row) {
  const at::Tensor values = batch.at(name)[row].contiguous();
  const auto* begin = values.const_data_ptr<std::int64_t>();
  return {begin, begin + values.numel()};
}

TEST(TranslationRows, ComeBackAsPacked) {
  const test::TemporaryFolder folder;
  const auto pairs = made_pairs(500, kLength);
  // Two groups in the first shard, so that packing shard by shard is packing it all.
  const auto first = std::span(pairs).first(2 * kLength),
             rest = std::span(pairs).subspan(2 * kLength);
  write_rows(folder.path() / rows_file(0), first, kLength);
  write_rows(folder.path() / rows_file(1), rest, kLength);
  const auto data = open_rows(folder.path(), kCommand);
  const auto rows = pack(pairs, kLength);
  ASSERT_EQ(data->size(), static_cast<std::int64_t>(rows.size()));
  std::vector<std::int64_t> indices;  // backwards, so that shards mix
  for (std::int64_t i = data->size(); i-- > 0;) indices.push_back(i);
  const Batch batch = data->gather(indices, 1);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = static_cast<std::int64_t>(rows.size() - 1 - i);
    ASSERT_EQ(row_of(batch, "inputs", row), rows[i].inputs.tokens);
    ASSERT_EQ(row_of(batch, "inputs_position", row), rows[i].inputs.position);
    ASSERT_EQ(row_of(batch, "inputs_segmentation", row), rows[i].inputs.segmentation);
    ASSERT_EQ(row_of(batch, "targets", row), rows[i].targets.tokens);
    ASSERT_EQ(row_of(batch, "targets_position", row), rows[i].targets.position);
    ASSERT_EQ(row_of(batch, "targets_segmentation", row), rows[i].targets.segmentation);
  }
  EXPECT_TRUE(at::equal(batch.weights(), batch.targets().gt(0).to(at::kFloat)));
  EXPECT_THROW(data->gather(std::vector<std::int64_t>{data->size()}, 1), std::out_of_range);
  EXPECT_THROW(data->gather(std::vector<std::int64_t>{-1}, 1), std::out_of_range);
}

TEST(TranslationRows, FilesAreNumbered) {
  EXPECT_EQ(rows_file(7), "rows-00007.safetensors");
  EXPECT_EQ(rows_file(123456), "rows-123456.safetensors");
}

TEST(TranslationRows, RefuseWhatCannotBeStored) {
  const test::TemporaryFolder folder;
  const SentencePair large[] = {{{kLargestVocabulary}, {1}}};
  EXPECT_THROW(write_rows(folder.path() / "a", large, 4), std::invalid_argument);
  const SentencePair longer[] = {{{1, 2, 3}, {1}}};
  EXPECT_THROW(write_pairs(folder.path() / "a", longer, 2), std::invalid_argument);
  EXPECT_FALSE(fs::exists(folder.path() / "a"));
}

TEST(TranslationRows, MissingDataNamesTheCommand) {
  try {
    open_rows("/nowhere", kCommand);
    FAIL() << "accepted";
  } catch (const workloads::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("rows-00000.safetensors"));
    EXPECT_THAT(error.what(), HasSubstr(kCommand));
  }
}

/// Hides the class of a model, as whoever listens to an evaluation does.
class Wrapped final : public workloads::Model {
 public:
  explicit Wrapped(workloads::Model& model) : model_(model) { parameters_ = model.parameters(); }
  void initialize(std::uint64_t seed) override { model_.initialize(seed); }
  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override {
    return model_.forward(batch, options);
  }

 private:
  workloads::Model& model_;
};

class TranslationEvaluation : public testing::Test {
 protected:
  TranslationEvaluation() {
    settings_.model.vocab_size = kPieces;
    settings_.model.width = settings_.model.mlp_dim = 16;
    settings_.model.heads = 2;
    settings_.model.layers = 1;
    settings_.search.max_length = kLength + 1;
    settings_.default_batch_size = 8;
    settings_.prepare_command = kCommand;
    for (const char* file : {"train_subset", "validation", "test"}) {
      write_pairs(folder_.path() / (std::string(file) + ".safetensors"), pairs_, kLength);
    }
    write_subwords(kPieces);
    model_ = make_model(settings_.model, at::kCPU);
    model_->initialize(3);
  }

  void write_subwords(std::int64_t pieces) const {
    int line = 0;
    const auto model = data::Subwords::train(
        [&]() -> std::optional<std::string> {
          if (line == 300) return std::nullopt;
          ++line;
          return "word " + std::to_string(line * 7919) + " of the text";
        },
        {.pieces = pieces});
    std::ofstream(folder_.path() / kSubwordsFile, std::ios::binary) << model;
  }

  const test::TemporaryFolder folder_;
  const std::vector<SentencePair> pairs_ = made_pairs(21, kLength);
  Translating settings_;
  std::unique_ptr<Transformer> model_;
};

TEST_F(TranslationEvaluation, IsWhatModelSearchAndBleuSay) {
  const auto evaluation = open_pairs(folder_.path(), settings_);
  ASSERT_EQ(evaluation->size(workloads::Split::validation), 21);
  const auto found = evaluation->evaluate(*model_, workloads::Split::validation, 8);

  const at::NoGradGuard no_grad;
  const auto subwords = data::Subwords::read(folder_.path() / kSubwordsFile, "");
  double nats = 0, tokens = 0, right = 0;
  metrics::Bleu bleu;
  for (const SentencePair& pair : pairs_) {  // one at a time, without any padding
    const auto tensor = [](const Tokens& values) { return at::tensor(values).unsqueeze(0); };
    const Batch batch({{"inputs", tensor(pair.inputs)}, {"targets", tensor(pair.targets)}});
    ForwardOptions evaluation_mode;
    evaluation_mode.training = false;
    const at::Tensor logits = model_->forward(batch, evaluation_mode).logits[0];
    for (std::size_t t = 0; t < pair.targets.size(); ++t) {
      const at::Tensor row = logits[static_cast<std::int64_t>(t)];
      nats -= row.log_softmax(0)[pair.targets[t]].item<double>();
      right += row.argmax().item<std::int64_t>() == pair.targets[t];
      tokens += 1;
    }
    const at::Tensor translation =
        translate(*model_, batch.inputs(), settings_.search)[0].contiguous();
    const auto ids = sentence(
        {translation.const_data_ptr<std::int64_t>(), static_cast<std::size_t>(translation.numel())},
        2);
    bleu.add(subwords.decode({ids.begin(), ids.end()}),
             subwords.decode({pair.targets.begin(), pair.targets.end()}));
  }
  EXPECT_NEAR(found.at("loss"), nats / tokens, 1e-5);
  EXPECT_NEAR(found.at("accuracy"), right / tokens, 1e-9);
  EXPECT_NEAR(found.at("bleu"), bleu.score(), 1e-9);
  EXPECT_EQ(found.size(), 3u);
}

TEST_F(TranslationEvaluation, DependsNeitherOnTheBatchSizeNorOnTheClass) {
  const auto evaluation = open_pairs(folder_.path(), settings_);
  const auto whole = evaluation->evaluate(*model_, workloads::Split::test, 21);
  Wrapped wrapped(*model_);
  for (const auto& [name, value] : evaluation->evaluate(wrapped, workloads::Split::test, 4)) {
    EXPECT_NEAR(value, whole.at(name), 1e-5) << name;
  }
  EXPECT_THROW(evaluation->evaluate(*model_, workloads::Split::test, 0), std::invalid_argument);
}

TEST_F(TranslationEvaluation, WithoutBleuNeedsNoSubwords) {
  const auto whole =
      open_pairs(folder_.path(), settings_)->evaluate(*model_, workloads::Split::validation, 8);
  fs::remove(folder_.path() / kSubwordsFile);
  settings_.bleu = false;
  const auto found =
      open_pairs(folder_.path(), settings_)->evaluate(*model_, workloads::Split::validation, 8);
  EXPECT_EQ(found.size(), 2u);
  EXPECT_EQ(found.at("loss"), whole.at("loss"));
  EXPECT_EQ(found.at("accuracy"), whole.at("accuracy"));
}

TEST_F(TranslationEvaluation, RefusesSubwordsOfAnotherSize) {
  write_subwords(kPieces - 1);
  try {
    open_pairs(folder_.path(), settings_);
    FAIL() << "accepted";
  } catch (const workloads::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("subwords.model: 39 pieces"));
    EXPECT_THAT(error.what(), HasSubstr(kCommand));
  }
}

}  // namespace
}  // namespace timetrial::transformer
