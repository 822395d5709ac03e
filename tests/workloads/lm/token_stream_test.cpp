// finewebedu_lm's data: token files as people have them, windows as AlgoPerf cuts them.
#include "workloads/lm/token_stream.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <iterator>

#include "tests/support/temporary_folder.h"
#include "workloads/lm/lm.h"

namespace timetrial::lm {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using Tokens = std::vector<std::uint16_t>;

constexpr std::int64_t kVocabulary = 50257;

/// `begin`, `begin` + 1, …, modulo `modulo`.
Tokens counting(std::uint16_t begin, std::size_t count, std::uint16_t modulo = 50000) {
  Tokens tokens(count);
  for (std::size_t i = 0; i < count; ++i) {
    tokens[i] = static_cast<std::uint16_t>((begin + i) % modulo);
  }
  return tokens;
}

/// With llm.c's header, or without one.
void write_tokens(const fs::path& file, const Tokens& tokens, bool header,
                  std::int32_t version = 1) {
  fs::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary);
  if (header) {
    std::int32_t numbers[256] = {20240520, version, static_cast<std::int32_t>(tokens.size())};
    out.write(reinterpret_cast<const char*>(numbers), sizeof numbers);
  }
  out.write(reinterpret_cast<const char*>(tokens.data()), std::ssize(tokens) * 2);
}

std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

template <typename Call>
void expect_refused(const Call& call, const std::string& message) {
  SCOPED_TRACE(message);
  try {
    call();
    FAIL() << "accepted";
  } catch (const workloads::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr(message));
  }
}

TEST(TokenStream, JoinsFilesInTheOrderOfTheirNames) {
  const test::TemporaryFolder folder;
  write_tokens(folder.path() / "train" / "b.bin", {4, 50256}, false);
  write_tokens(folder.path() / "train" / "a.bin", {1, 2, 3}, true);
  write_tokens(folder.path() / "train" / "other.txt", {9}, false);
  const TokenStream stream(folder.path(), "train", kVocabulary, "");
  EXPECT_EQ(stream.size(), 5);
  EXPECT_THAT(stream.read(0, 5), ElementsAre(1, 2, 3, 4, 50256));
  EXPECT_THAT(stream.read(2, 2), ElementsAre(3, 4));
  EXPECT_TRUE(stream.read(5, 0).empty());
  EXPECT_THROW(stream.read(4, 2), std::out_of_range);
}

TEST(TokenStream, FindsSplitsByNameWithoutFolders) {
  const test::TemporaryFolder folder;
  write_tokens(folder.path() / "fineweb_train_000001.bin", {1, 2}, true);
  write_tokens(folder.path() / "fineweb_val_000000.bin", {3}, true);
  EXPECT_THAT(TokenStream(folder.path(), "val", kVocabulary, "").read(0, 1), ElementsAre(3));
  EXPECT_EQ(TokenStream(folder.path(), "train", kVocabulary, "").size(), 2);
}

TEST(TokenStream, RefusesWhatIsNoTokenFile) {
  const test::TemporaryFolder folder;
  const auto open = [&] { return TokenStream(folder.path(), "train", kVocabulary, "some remedy"); };
  expect_refused(open, "train: no token files (*.bin), nor *train*.bin beside it; some remedy");
  const fs::path file = folder.path() / "train" / "a.bin";
  write_tokens(file, {1, 2}, true, 2);
  expect_refused(open, "a.bin: the header says version 2, 2 tokens, expected version 1 and the 2");
  write_tokens(file, {1, 2}, true);
  fs::resize_file(file, fs::file_size(file) - 2);
  expect_refused(open, "2 tokens, expected version 1 and the 1 that follow it; some remedy");
  write_tokens(file, {1, 2}, false);
  fs::resize_file(file, 3);
  expect_refused(open, "a.bin: 3 bytes, expected tokens of two bytes");
  write_tokens(file, {1, 2, 50257}, false);
  expect_refused([&] { open().read(0, 3); },
                 "a.bin: token 50257 at place 2, expected ids below 50257; some remedy");
}

class FinewebEduData : public testing::Test {
 protected:
  FinewebEduData() {
    config_.vocab_size = kVocabulary;
    config_.sequence_length = 8;
    config_.width = 16;
    config_.heads = 2;
    config_.layers = 1;
    config_.mlp_dim = config_.multiple_of = 16;
    settings_.windows_per_shard = 10;
    settings_.train_subset = 4;
    settings_.validation = 3;
    write_tokens(source_.path() / "train" / "a.bin", counting(40000, 100), true);
    write_tokens(source_.path() / "train" / "b.bin", counting(40100, 130), true);
    write_tokens(source_.path() / "val" / "a.bin", counting(7, 50), false);
  }
  std::unique_ptr<workloads::Workload> workload() const {
    return make_finewebedu(config_, settings_);
  }

  const test::TemporaryFolder source_, out_;
  Config config_;
  FinewebEduPreparation settings_;
};

TEST_F(FinewebEduData, WindowsOfOneMoreTokenDoNotOverlap) {
  workload()->prepare(source_.path(), out_.path());
  const auto training = workload()->open_training(out_.path() / "training");
  ASSERT_EQ(training->size(), 25);  // 230 tokens, 9 each, 5 left over
  // 11 lies in the second shard, and across the two files.
  const Batch batch = training->gather(std::vector<std::int64_t>{11, 0}, 1);
  EXPECT_TRUE(at::equal(batch.inputs()[0], at::arange(40099, 40107)));
  EXPECT_TRUE(at::equal(batch.targets()[0], at::arange(40100, 40108)));
  EXPECT_TRUE(at::equal(batch.inputs()[1], at::arange(40000, 40008)));
  EXPECT_TRUE(at::equal(batch.weights(), at::ones({2})));
  EXPECT_THROW(training->gather(std::vector<std::int64_t>{25}, 1), std::out_of_range);
}

TEST_F(FinewebEduData, EvaluatesTheFirstWindowsOfEachSplit) {
  EXPECT_EQ(workload()->bytes_to_prepare(source_.path()), (25u + 4 + 3) * 9 * 2);
  workload()->prepare(source_.path(), out_.path());
  const auto evaluation = workload()->open_evaluation(out_.path() / "held_back");
  EXPECT_EQ(evaluation->size(workloads::Split::train_subset), 4);
  EXPECT_EQ(evaluation->size(workloads::Split::validation), 3);
  EXPECT_EQ(evaluation->size(workloads::Split::test), 0);
  const auto model = workload()->make_model(at::kCPU);
  model->initialize(1);
  const auto found = evaluation->evaluate(*model, workloads::Split::validation, 2);

  const at::NoGradGuard no_grad;
  double nats = 0;
  for (std::int64_t window = 0; window < 3; ++window) {
    const at::Tensor tokens = at::arange(7 + 9 * window, 7 + 9 * (window + 1)).unsqueeze(0);
    Batch batch({{"inputs", tokens.narrow(1, 0, 8)}, {"targets", tokens.narrow(1, 1, 8)}});
    batch.set("weights", at::ones({1}));
    const at::Tensor logits = model->forward(batch, {}).logits.log_softmax(2);
    nats -= logits.gather(2, batch.targets().unsqueeze(2)).sum().item<double>();
  }
  EXPECT_NEAR(found.at("loss"), nats / 24, 1e-5);
  EXPECT_NEAR(found.at("ppl"), std::exp(nats / 24), 1e-5 * std::exp(nats / 24));

  const auto none = evaluation->evaluate(*model, workloads::Split::test, 2);
  EXPECT_EQ(none.at("loss"), 0);  // as AlgoPerf says of no examples
  EXPECT_EQ(none.at("ppl"), 1);
}

TEST_F(FinewebEduData, AnInterruptionChangesNoByte) {
  workload()->prepare(source_.path(), out_.path());
  const test::TemporaryFolder again;
  fs::copy(out_.path(), again.path(), fs::copy_options::recursive);
  fs::remove(again.path() / "training" / "tokens-00001.safetensors");
  fs::remove(again.path() / "held_back" / "validation.safetensors");
  std::ofstream(again.path() / "training" / "tokens-00001.safetensors.partial") << "half";
  workload()->prepare(source_.path(), again.path());
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(again.path())) {
    if (!entry.is_regular_file()) continue;
    ++files;
    const fs::path name = entry.path().lexically_relative(again.path());
    EXPECT_EQ(contents(entry.path()), contents(out_.path() / name)) << name;
  }
  EXPECT_EQ(files, 5u);
}

TEST_F(FinewebEduData, TooFewTokensAndUnpreparedDataAreNamed) {
  write_tokens(source_.path() / "val" / "a.bin", {1, 2}, false);
  expect_refused([&] { workload()->prepare(source_.path(), out_.path()); },
                 "a split of 2 tokens, expected at least 9; docs/data/finewebedu.md");
  expect_refused([&] { workload()->open_training("/nowhere"); },
                 "tokens-00000.safetensors: no such file; make it with: timetrial data prepare "
                 "finewebedu_lm --from DIR");
}

}  // namespace
}  // namespace timetrial::lm
