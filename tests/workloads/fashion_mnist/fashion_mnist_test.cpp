// Preparation and reading of Fashion-MNIST, on files of its sizes with known values.
#include "workloads/fashion_mnist/fashion_mnist.h"

#include "workloads/nn/builder.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <zlib.h>

#include <cmath>
#include <fstream>
#include <sstream>

namespace timetrial::fashion_mnist {
namespace {

namespace fs = std::filesystem;

void write_idx(const fs::path& file, const std::vector<std::uint32_t>& shape,
               const std::vector<std::uint8_t>& values) {
  std::string bytes({0, 0, 8, static_cast<char>(shape.size())});
  for (const auto size : shape) {
    for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(size >> shift);
  }
  bytes.append(values.begin(), values.end());
  gzFile out = gzopen(file.c_str(), "wb1");
  gzwrite(out, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(out);
}

/// Image i is filled with `shade` + i % 100; its label is i % 10.
void write_package(const fs::path& folder, const std::string& stem, std::uint32_t count,
                   std::uint8_t shade) {
  std::vector<std::uint8_t> pixels, labels;
  for (std::uint32_t i = 0; i < count; ++i) {
    pixels.insert(pixels.end(), 28 * 28, static_cast<std::uint8_t>(shade + i % 100));
    labels.push_back(static_cast<std::uint8_t>(i % 10));
  }
  write_idx(folder / (stem + "-images-idx3-ubyte.gz"), {count, 28, 28}, pixels);
  write_idx(folder / (stem + "-labels-idx1-ubyte.gz"), {count}, labels);
}

/// What image i of a file looks like after normalisation, with the constants of its header.
float pixel(int shade, std::int64_t i) {
  return static_cast<float>((shade + static_cast<double>(i % 100)) / 255 - 0.28549890926370547) /
         0.3527844322000961f;
}

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

class FashionMnistData : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = fs::path(testing::TempDir()) / "fashion_mnist_test";
    const auto package =
        folder_ / "packages/dataset-fashion-mnist/usr/share/datasets/fashion-mnist";
    fs::create_directories(package);
    write_package(package, "train", 60'000, 0);
    write_package(package, "t10k", 10'000, 100);
    prepare(folder_ / "packages", folder_ / "data");
  }
  static void TearDownTestSuite() { fs::remove_all(folder_); }
  static fs::path data() { return folder_ / "data"; }

  static fs::path folder_;
};
fs::path FashionMnistData::folder_;

/// Learns nothing: says class 3 for dark images, class 7 for light ones, the rest never.
class Threshold final : public nn::BuiltModel {
 public:
  Threshold() : BuiltModel(at::kCPU) { builder().linear("unused", {.in = 1, .out = 1}); }
  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override {
    EXPECT_FALSE(options.training);
    const auto light = batch.inputs().mean({1, 2, 3}).gt(0).to(at::kLong);
    return {at::one_hot(light * 4 + 3, 10).to(at::kFloat) * 5, {}};
  }
};

TEST_F(FashionMnistData, TrainingIsTheFirst50000InOrder) {
  const auto training = open_training(data() / "training");
  EXPECT_EQ(training->size(), 50'000);
  const std::vector<std::int64_t> indices = {49'999, 0, 123};
  const auto batch = training->gather(indices, 1);
  EXPECT_EQ(batch.inputs().sizes(), (std::vector<std::int64_t>{3, 1, 28, 28}));
  EXPECT_TRUE(at::equal(batch.targets(), at::tensor({9, 0, 3}, at::kLong)));
  EXPECT_TRUE(at::equal(batch.weights(), at::ones({3})));
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const auto image = batch.inputs()[static_cast<std::int64_t>(i)];
    EXPECT_NEAR(image.min().item<float>(), pixel(0, indices[i]), 1e-5);
    EXPECT_NEAR(image.max().item<float>(), pixel(0, indices[i]), 1e-5);
  }
}

TEST_F(FashionMnistData, SplitsAreHeldBack) {
  const auto evaluation = open_evaluation(data() / "held_back");
  EXPECT_EQ(evaluation->size(workloads::Split::train_subset), 1'000);
  EXPECT_EQ(evaluation->size(workloads::Split::validation), 3'000);
  EXPECT_EQ(evaluation->size(workloads::Split::test), 3'000);
  std::vector<std::string> training;
  for (const auto& file : fs::directory_iterator(data() / "training")) {
    training.push_back(file.path().filename());
  }
  EXPECT_THAT(training, testing::ElementsAre("train.safetensors"));
}

// Validation repeats shades 0..99 thirty times, so the expected fraction is counted over those.
TEST_F(FashionMnistData, EvaluationCountsEveryExampleAtAnyBatchSize) {
  const auto evaluation = open_evaluation(data() / "held_back");
  int right = 0;
  for (int i = 0; i < 100; ++i) right += i % 10 == (pixel(0, i) > 0 ? 7 : 3);
  const double accuracy = right / 100.0;
  const double other = std::log(std::exp(5.0) + 9);
  const double loss = accuracy * (other - 5) + (1 - accuracy) * other;
  Threshold model;
  for (const std::int64_t batch_size : {1000, 777, 20'000}) {
    SCOPED_TRACE(batch_size);
    const auto found = evaluation->evaluate(model, workloads::Split::validation, batch_size);
    EXPECT_DOUBLE_EQ(found.at("accuracy"), accuracy);
    EXPECT_NEAR(found.at("loss"), loss, 1e-6);
  }
  // Every test image is light: right where the label is 7.
  EXPECT_DOUBLE_EQ(evaluation->evaluate(model, workloads::Split::test, 500).at("accuracy"), 0.1);
  EXPECT_THROW(evaluation->evaluate(model, workloads::Split::test, 0), std::invalid_argument);
}

TEST_F(FashionMnistData, PreparingTwiceGivesTheSameBytes) {
  prepare(folder_ / "packages", folder_ / "again");
  for (const auto* file : {"training/train.safetensors", "held_back/train_subset.safetensors",
                           "held_back/validation.safetensors", "held_back/test.safetensors"}) {
    EXPECT_TRUE(text_of(data() / file) == text_of(folder_ / "again" / file)) << file;
  }
}

TEST_F(FashionMnistData, MissingDataNamesFileAndCommand) {
  try {
    open_training(folder_ / "nothing");
    FAIL() << "opened a folder that does not exist";
  } catch (const workloads::DataError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("nothing/train.safetensors: no such file; make it "
                                                 "with: timetrial data prepare fashion_mnist"));
  }
}

}  // namespace
}  // namespace timetrial::fashion_mnist
