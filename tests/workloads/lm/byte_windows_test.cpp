// gcide_lm's data from package to batches and metrics.
#include "workloads/lm/byte_windows.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <zlib.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "harness/trial/error.h"
#include "workloads/lm/lm.h"

namespace timetrial::lm {
namespace {

constexpr const char* kPrepare = "timetrial data prepare gcide_lm";

namespace fs = std::filesystem;
using testing::HasSubstr;

fs::path fresh_folder(const std::string& name) {
  const fs::path folder = fs::path(testing::TempDir()) / ("timetrial_lm_" + name);
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

std::string contents(const fs::path& file) {
  std::ostringstream out;
  out << std::ifstream(file, std::ios::binary).rdbuf();
  return out.str();
}

TEST(ByteWindows, TargetsAreTheInputsMovedByOne) {
  const fs::path file = fresh_folder("windows") / "train.safetensors";
  write_bytes(file, "abcdefghijk\xff");  // 12 bytes: 2 windows of 5 + 1, one byte unused
  const ByteWindows windows(file, 5, kPrepare);
  ASSERT_EQ(windows.size(), 2);
  const Batch batch = windows.gather(std::vector<std::int64_t>{1, 0});
  EXPECT_TRUE(at::equal(
      batch.inputs(),
      at::tensor({'f', 'g', 'h', 'i', 'j', 'a', 'b', 'c', 'd', 'e'}, at::kLong).view({2, 5})));
  EXPECT_TRUE(at::equal(batch.targets(), batch.inputs() + 1));
  EXPECT_TRUE(at::equal(batch.weights(), at::ones({2})));
  EXPECT_THROW(windows.gather(std::vector<std::int64_t>{2}), std::out_of_range);
  EXPECT_THROW(windows.gather(std::vector<std::int64_t>{-1}), std::out_of_range);
}

TEST(ByteWindows, AreUnsigned) {
  const fs::path file = fresh_folder("unsigned") / "train.safetensors";
  write_bytes(file, "\xff\xfe\xfd");
  EXPECT_TRUE(
      at::equal(ByteWindows(file, 2, kPrepare).gather(std::vector<std::int64_t>{0}).inputs(),
                at::tensor({255, 254}, at::kLong).view({1, 2})));
}

TEST(ByteWindows, MissingAndShortFilesAreNamed) {
  const fs::path folder = fresh_folder("short");
  try {
    ByteWindows(folder / "none.safetensors", 5, kPrepare);
    FAIL() << "accepted";
  } catch (const workloads::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("none.safetensors"));
    EXPECT_THAT(error.what(), HasSubstr("timetrial data prepare gcide_lm"));
  }
  write_bytes(folder / "short.safetensors", "abcde");
  try {
    ByteWindows(folder / "short.safetensors", 5, kPrepare);
    FAIL() << "accepted";
  } catch (const workloads::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("tensor 'bytes' has 5 values, expected more than 5"));
  }
}

/// A package folder with a dictionary of `entries` made-up entries.
fs::path make_package(const std::string& name, int entries) {
  const fs::path packages = fresh_folder(name);
  const fs::path folder = packages / "dict-gcide/usr/share/dictd";
  fs::create_directories(folder);
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto number = [&](std::size_t value) {
    std::string text;
    do {
      text.insert(text.begin(), digits[value % 64]);
      value /= 64;
    } while (value > 0);
    return text;
  };
  std::string dictionary, index;
  for (int i = 0; i < entries; ++i) {
    const std::string word = "word" + std::to_string(i);
    std::string entry = word + " \\w\\, n.\n";
    for (int k = 0; k < 20; ++k)
      entry += "   The meaning of " + word + ", line " + std::to_string(k) + ".\n";
    entry += "   [1913 Webster]\n";
    index += word + "\t" + number(dictionary.size()) + "\t" + number(entry.size()) + "\n";
    dictionary += entry;
  }
  std::ofstream(folder / "gcide.index") << index;
  const gzFile out = gzopen((folder / "gcide.dict.dz").c_str(), "wb1");
  gzwrite(out, dictionary.data(), static_cast<unsigned>(dictionary.size()));
  gzclose(out);
  return packages;
}

Config small() {
  Config config = gcide_config();
  config.width = 16;
  config.layers = 1;
  config.mlp_dim = 32;
  return config;
}

TEST(GcideLm, PreparesTheSameBytesTwiceAndKeepsTheHalvesApart) {
  const fs::path packages = make_package("package", 4000);
  const auto workload = make(small());
  const fs::path a = fresh_folder("a"), b = fresh_folder("b");
  workload->prepare(packages, a);
  workload->prepare(packages, b);
  for (const char* file : {"training/train.safetensors", "held_back/train_subset.safetensors",
                           "held_back/validation.safetensors", "held_back/test.safetensors"}) {
    SCOPED_TRACE(file);
    EXPECT_EQ(contents(a / file), contents(b / file));
    EXPECT_GT(fs::file_size(a / file), 8000u);
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(a / "training"), {}), 1);
  // No held-back entry's text is in the training stream: the words of one entry name it.
  const std::string training = contents(a / "training/train.safetensors");
  const std::string held_back = contents(a / "held_back/validation.safetensors");
  int entries = 0;
  for (std::size_t at = held_back.find("\n\nword"); at != held_back.npos;
       at = held_back.find("\n\nword", at + 2)) {
    const std::string start = held_back.substr(at, held_back.find(' ', at + 2) + 1 - at);
    EXPECT_EQ(training.find(start), training.npos) << start;
    ++entries;
  }
  EXPECT_GT(entries, 20);
}

TEST(GcideLm, EvaluationDoesNotDependOnTheBatchSize) {
  const fs::path packages = make_package("evaluation_package", 4000);
  const auto workload = make(small());
  const fs::path out = fresh_folder("evaluation");
  workload->prepare(packages, out);
  const auto evaluation = workload->open_evaluation(out / "held_back");
  const auto model = workload->make_model(at::kCPU);
  model->initialize(1);
  EXPECT_EQ(evaluation->size(workloads::Split::validation), 192);
  const auto large = evaluation->evaluate(*model, workloads::Split::validation, 64);
  const auto uneven = evaluation->evaluate(*model, workloads::Split::validation, 100);
  EXPECT_NEAR(large.at("bits_per_byte"), uneven.at("bits_per_byte"), 1e-6);
  EXPECT_NEAR(large.at("bits_per_byte"), large.at("loss") / std::log(2.0), 1e-12);
  EXPECT_NEAR(large.at("bits_per_byte"), 8, 0.3);  // untrained: about uniform over 256
  EXPECT_THROW(evaluation->evaluate(*model, workloads::Split::test, 0), std::invalid_argument);
}

TEST(GcideLm, TooSmallADictionaryIsRefused) {
  const fs::path packages = make_package("tiny_package", 10);
  try {
    make(small())->prepare(packages, fresh_folder("tiny"));
    FAIL() << "accepted";
  } catch (const workloads::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("expected at least 8193"));
  }
}

TEST(GcideLm, FactsAndRegistration) {
  const auto workload = workloads::find("gcide_lm").make();
  EXPECT_EQ(workload->facts().metric, "bits_per_byte");
  EXPECT_FALSE(workload->facts().higher_is_better);
  EXPECT_EQ(workload->facts().dataset, "gcide");
  EXPECT_THAT(workload->configuration(), HasSubstr("vocab_size = 256\n"));
}

}  // namespace
}  // namespace timetrial::lm
