// WMT's text files, made here from LibreOffice's texts: prepared, trained on and evaluated; the
// same bytes after an interruption; missing and malformed files.
#include "workloads/transformer/wmt_text.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <set>

#include "tests/support/data_packages.h"
#include "tests/support/temporary_folder.h"
#include "workloads/data/subwords.h"
#include "workloads/transformer/libreoffice.h"
#include "workloads/transformer/parallel_text.h"
#include "workloads/transformer/translation_data.h"

namespace timetrial::transformer {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void write_text(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
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

// --- two files, line by line

class ParallelTextTest : public testing::Test {
 protected:
  std::vector<std::string> part(const ParallelText& text, std::int64_t index) const {
    std::vector<std::string> lines;
    text.read(index,
              [&](const TextPair& pair) { lines.push_back(pair.other + "|" + pair.english); });
    return lines;
  }
  ParallelText open(const std::string& german, const std::string& english) const {
    write_text(folder_.path() / "a.de", german);
    write_text(folder_.path() / "a.en", english);
    return {folder_.path() / "a.de", folder_.path() / "a.en", 2, "some remedy"};
  }
  const test::TemporaryFolder folder_;
};

TEST_F(ParallelTextTest, IsReadInParts) {
  // The last line without an end on one side, with one on the other; an empty line within.
  const auto text = open("eins\nzwei\n\nvier\nfünf", "one\ntwo\nthree\nfour\nfive\n");
  EXPECT_EQ(text.lines(), 5);
  ASSERT_EQ(text.parts(), 3);
  EXPECT_EQ(text.lines(2), 1);
  EXPECT_THAT(part(text, 0), ElementsAre("eins|one", "zwei|two"));
  EXPECT_THAT(part(text, 1), ElementsAre("|three", "vier|four"));
  EXPECT_THAT(part(text, 2), ElementsAre("fünf|five"));
  EXPECT_EQ(text.bytes(), 21u + 24u);
}

TEST_F(ParallelTextTest, RefusesUnequalAndMissingFiles) {
  expect_refused([&] { open("eins\nzwei\n", "one\n"); },
                 "a.de has 2 lines, a.en 1; expected as many");
  expect_refused([&] { open("", ""); }, "a.de has 0 lines");
  fs::remove(folder_.path() / "a.en");
  write_text(folder_.path() / "a.de", "eins\n");
  expect_refused(
      [&] { ParallelText(folder_.path() / "a.de", folder_.path() / "a.en", 2, "some remedy"); },
      "a.en: no such file; some remedy");
}

// --- the data set

constexpr std::int64_t kPieces = 500, kLength = 64;

class WmtText : public testing::Test {
 protected:
  void SetUp() override {
    const auto packages = test::data_packages("libreoffice-de");
    if (!packages) GTEST_SKIP() << test::no_data_packages("libreoffice-de");
    const auto pairs = split(read_pairs(*packages / "libreoffice-de"));
    write_split("train", pairs, Part::training, 2500);
    write_split("valid", pairs, Part::validation, 60);
    write_split("test", pairs, Part::test, 60);
    settings_.pieces = kPieces;
    settings_.length = kLength;
    settings_.pairs_per_shard = 1000;
    settings_.train_subset = 50;
    settings_.subword_text = 1'000'000;  // all of it, so that no character is unknown
  }

  void write_split(const std::string& name, const std::vector<SplitPair>& pairs, Part part,
                   std::size_t count) const {
    std::ofstream german(source_.path() / (name + ".de")), english(source_.path() / (name + ".en"));
    for (const SplitPair& pair : pairs) {
      if (pair.part != part || count == 0) continue;
      german << pair.text.other << '\n';
      english << pair.text.english << '\n';
      --count;
    }
    german << "\nnur deutsch\n";  // pairs with an empty side, which are dropped
    english << "only English\n\n";
  }

  const test::TemporaryFolder source_, out_;
  WmtPreparation settings_;
};

TEST_F(WmtText, IsPreparedTrainedOnAndEvaluated) {
  EXPECT_GT(wmt_bytes_to_prepare(source_.path()), 100'000u);
  prepare_wmt(source_.path(), out_.path(), settings_);
  const auto subwords = data::Subwords::read(out_.path() / "held_back" / kSubwordsFile, "");
  EXPECT_EQ(subwords.size(), kPieces);
  EXPECT_TRUE(fs::exists(out_.path() / "training" / rows_file(2)));
  EXPECT_FALSE(fs::exists(out_.path() / "training" / rows_file(3)));

  Translating translating;
  translating.model.vocab_size = kPieces;
  translating.model.width = translating.model.mlp_dim = 32;
  translating.model.heads = 2;
  translating.model.layers = 1;
  translating.search.max_length = kLength + 1;
  const auto training = open_rows(out_.path() / "training", "");
  const auto evaluation = open_pairs(out_.path() / "held_back", translating);
  EXPECT_GT(evaluation->size(workloads::Split::train_subset), 35);  // of 50, without the long ones
  EXPECT_LE(evaluation->size(workloads::Split::train_subset), 50);
  EXPECT_GT(evaluation->size(workloads::Split::validation), 40);
  EXPECT_LE(evaluation->size(workloads::Split::validation), 60);

  const auto workload = make(translating.model);
  const auto model = workload->make_model(at::kCPU);
  model->initialize(1);
  const auto before = evaluation->evaluate(*model, workloads::Split::validation, 16);
  for (std::int64_t step = 0; step < 30; ++step) {
    const Batch batch =
        training->gather(std::vector<std::int64_t>{step, step + 100, step + 300}, 1);
    workload->loss(batch, model->forward(batch, {}), 0).mean().backward();
    const at::NoGradGuard no_grad;
    for (const Parameter& parameter : model->parameters()) {
      at::Tensor tensor = parameter.tensor;
      tensor.sub_(tensor.grad(), 0.1);
      tensor.grad().zero_();
    }
  }
  const auto after = evaluation->evaluate(*model, workloads::Split::validation, 16);
  EXPECT_LT(after.at("loss"), before.at("loss") - 0.3);
  EXPECT_GE(after.at("bleu"), 0);
}

/// Every pair that is short enough is in the rows once, none with an empty side.
TEST_F(WmtText, RowsHoldTheSentencesOfTheText) {
  prepare_wmt(source_.path(), out_.path(), settings_);
  const auto subwords = data::Subwords::read(out_.path() / "held_back" / kSubwordsFile, "");
  std::multiset<std::string> expected, found;
  const ParallelText text(source_.path() / "train.de", source_.path() / "train.en", 10000, "");
  ASSERT_EQ(text.lines(), 2502);
  text.read(0, [&](const TextPair& pair) {
    const auto fits = [&](const std::string& side) {
      return subwords.encode(side).size() < kLength;
    };
    if (pair.other.empty() || pair.english.empty()) return;
    if (fits(pair.other) && fits(pair.english)) {
      expected.insert(subwords.decode(subwords.encode(pair.english)));
    }
  });
  const auto training = open_rows(out_.path() / "training", "");
  for (std::int64_t i = 0; i < training->size(); ++i) {
    const at::Tensor row = training->gather(std::vector<std::int64_t>{i}, 1).targets()[0];
    std::vector<int> sentence;
    for (std::int64_t t = 0; t < kLength; ++t) {
      const auto token = row[t].item<std::int64_t>();
      if (token != 2) {
        sentence.push_back(static_cast<int>(token));
        continue;
      }
      found.insert(subwords.decode(sentence));
      sentence.clear();
    }
  }
  EXPECT_GT(found.size(), 2000u);
  EXPECT_EQ(found, expected);
}

TEST_F(WmtText, AnInterruptionChangesNoByte) {
  prepare_wmt(source_.path(), out_.path(), settings_);
  const test::TemporaryFolder again;
  fs::copy(out_.path(), again.path(), fs::copy_options::recursive);
  // As if killed while the second shard was written.
  fs::remove(again.path() / "training" / rows_file(2));
  fs::remove(again.path() / "training" / rows_file(1));
  write_text(again.path() / "training" / (rows_file(1) + ".partial"), "half");
  const auto kept = fs::last_write_time(again.path() / "training" / rows_file(0));
  prepare_wmt(source_.path(), again.path(), settings_);
  EXPECT_EQ(fs::last_write_time(again.path() / "training" / rows_file(0)), kept);
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(again.path())) {
    if (!entry.is_regular_file()) continue;
    ++files;
    const fs::path name = entry.path().lexically_relative(again.path());
    EXPECT_EQ(contents(entry.path()), contents(out_.path() / name)) << name;
  }
  EXPECT_EQ(files, 7u);
}

TEST_F(WmtText, AGivenModelIsUsed) {
  prepare_wmt(source_.path(), out_.path(), settings_);
  const std::string given = contents(out_.path() / "held_back" / kSubwordsFile);
  write_text(source_.path() / "sentencepiece.model", given);
  const test::TemporaryFolder other;
  settings_.subword_text = 50'000;  // what would be trained on without it
  prepare_wmt(source_.path(), other.path(), settings_);
  EXPECT_EQ(contents(other.path() / "held_back" / kSubwordsFile), given);

  settings_.pieces = kPieces + 1;
  const test::TemporaryFolder third;
  expect_refused([&] { prepare_wmt(source_.path(), third.path(), settings_); },
                 "sentencepiece.model: 500 pieces, the end of a text is 2; expected 501 and 2");
  write_text(source_.path() / "sentencepiece.model", "no model");
  expect_refused([&] { prepare_wmt(source_.path(), third.path(), settings_); },
                 "sentencepiece.model: not a SentencePiece model");
}

TEST_F(WmtText, WhatIsMissingIsNamed) {
  fs::remove(source_.path() / "valid.en");
  for (const auto& call :
       {std::function<void()>([&] { wmt_bytes_to_prepare(source_.path()); }),
        std::function<void()>([&] { prepare_wmt(source_.path(), out_.path(), settings_); })}) {
    expect_refused(call, "valid.en: no such file; docs/data/wmt.md says how the folder must lie");
  }
}

}  // namespace
}  // namespace timetrial::transformer
