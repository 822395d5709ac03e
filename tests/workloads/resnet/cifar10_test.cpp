// CIFAR-10's binary files, written with known values, through preparation to batches and
// evaluation.
#include "workloads/resnet/cifar10.h"

#include "tests/support/temporary_folder.h"
#include "workloads/data/image_pipelines.h"
#include "workloads/nn/builder.h"
#include "workloads/resnet/resnet.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include <fstream>
#include <functional>
#include <sstream>

namespace timetrial::resnet::cifar10 {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using workloads::Split;

constexpr std::int64_t kPerFile = 10'000;

/// What the file says of pixel (y, x) of channel c of image i, counted through all six files.
std::uint8_t value(std::int64_t i, std::int64_t c, std::int64_t y, std::int64_t x) {
  return static_cast<std::uint8_t>((i * 31 + c * 85 + y * 5 + x * 3) % 256);
}

void write_batches(const fs::path& folder) {
  fs::create_directories(folder);
  std::int64_t i = 0;
  for (const char* name : {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4",
                           "data_batch_5", "test_batch"}) {
    std::string bytes;
    bytes.reserve(static_cast<std::size_t>(kPerFile * 3073));
    for (const std::int64_t end = i + kPerFile; i < end; ++i) {
      bytes += static_cast<char>(i % 10);
      for (std::int64_t c = 0; c < 3; ++c) {
        for (std::int64_t y = 0; y < 32; ++y) {
          for (std::int64_t x = 0; x < 32; ++x) bytes += static_cast<char>(value(i, c, y, x));
        }
      }
    }
    std::ofstream(folder / (std::string(name) + ".bin"), std::ios::binary) << bytes;
  }
}

at::Tensor image(std::int64_t i) {
  at::Tensor image = at::empty({32, 32, 3}, at::kByte);
  auto* out = image.mutable_data_ptr<std::uint8_t>();
  for (std::int64_t y = 0; y < 32; ++y) {
    for (std::int64_t x = 0; x < 32; ++x) {
      for (std::int64_t c = 0; c < 3; ++c) *out++ = value(i, c, y, x);
    }
  }
  return image;
}

std::string content(const fs::path& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return std::move(out).str();
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const workloads::DataError& error) {
    return error.what();
  }
  return "nothing thrown";
}

class Cifar10 : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder();
    write_batches(source() / "cifar-10-batches-bin");
    prepare(source(), data());
  }
  static void TearDownTestSuite() { delete folder_; }
  static fs::path source() { return folder_->path() / "source"; }
  static fs::path data() { return folder_->path() / "data"; }

  static test::TemporaryFolder* folder_;
};
test::TemporaryFolder* Cifar10::folder_ = nullptr;

TEST_F(Cifar10, TrainingIsTheFirst45000Augmented) {
  const auto training = open_training(data() / "training");
  EXPECT_EQ(training->size(), 45'000);
  EXPECT_TRUE(training->worth_reading_ahead());
  const std::vector<std::int64_t> indices = {44'999, 0, 12'345};
  const Batch batch = training->gather(indices, 3);
  EXPECT_EQ(batch.inputs().sizes(), at::IntArrayRef({3, 3, 32, 32}));
  EXPECT_TRUE(at::equal(batch.targets(), at::tensor({9, 0, 5}, at::kLong)));
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const auto seed = derive_seed(3, "image", static_cast<std::uint64_t>(indices[i]));
    EXPECT_TRUE(at::equal(batch.inputs()[static_cast<std::int64_t>(i)],
                          data::cifar_training_input(image(indices[i]), seed)));
  }
}

TEST_F(Cifar10, ValidationIsTheLast5000AndTestTheSixthFile) {
  const auto evaluation = open_evaluation(data() / "held_back");
  EXPECT_EQ(evaluation->size(Split::train_subset), 5'120);
  EXPECT_EQ(evaluation->size(Split::validation), 5'000);
  EXPECT_EQ(evaluation->size(Split::test), 10'000);
  EXPECT_EQ(evaluation->default_batch_size, 1'024);
}

/// Always says class 3; keeps the first image of each batch.
class Witness final : public nn::BuiltModel {
 public:
  Witness() : BuiltModel(at::kCPU) { builder().linear("unused", {.in = 1, .out = 1}); }
  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override {
    EXPECT_FALSE(options.training);
    first.push_back(batch.inputs()[0].clone());
    return {at::one_hot(at::full({batch.size()}, 3, at::kLong), 10).to(at::kFloat), {}};
  }
  std::vector<at::Tensor> first;
};

TEST_F(Cifar10, EvaluationIsNotAugmentedAndCountsEveryImage) {
  const auto evaluation = open_evaluation(data() / "held_back");
  Witness model;
  EXPECT_DOUBLE_EQ(evaluation->evaluate(model, Split::validation, 1'700).at("accuracy"), 0.1);
  ASSERT_EQ(model.first.size(), 3u);
  EXPECT_TRUE(at::equal(model.first[0], data::cifar_evaluation_input(image(45'000))));
  EXPECT_TRUE(at::equal(model.first[2], data::cifar_evaluation_input(image(48'400))));
  model.first.clear();
  EXPECT_DOUBLE_EQ(evaluation->evaluate(model, Split::test, 10'000).at("accuracy"), 0.1);
  EXPECT_TRUE(at::equal(model.first[0], data::cifar_evaluation_input(image(50'000))));
  EXPECT_THROW(evaluation->evaluate(model, Split::test, 0), std::invalid_argument);
}

TEST_F(Cifar10, ASmallModelLearnsABatch) {
  Config config = cifar_config();
  config.width = 4;
  const auto workload = make(config);
  const auto model = workload->make_model(at::kCPU);
  model->initialize(1);
  const Batch batch = workload->open_training(data() / "training")
                          ->gather(std::vector<std::int64_t>{1, 12, 23, 34}, 1);
  const auto loss = [&] { return workload->loss(batch, model->forward(batch, {}), 0).mean(); };
  const at::Tensor before = loss();
  before.backward();
  {
    const at::NoGradGuard no_grad;
    for (const auto& parameter : model->parameters()) {
      if (parameter.tensor.grad().defined()) parameter.tensor.sub_(parameter.tensor.grad(), 0.05);
    }
  }
  EXPECT_LT(loss().item<double>(), before.item<double>());
}

TEST_F(Cifar10, PreparingTwiceGivesTheSameBytesAndTheForeseenSize) {
  const auto again = folder_->path() / "again";
  prepare(source() / "cifar-10-batches-bin", again);  // the inner folder will do
  std::uint64_t bytes = 0;
  for (const char* file : {"training/train.safetensors", "held_back/train_subset.safetensors",
                           "held_back/validation.safetensors", "held_back/test.safetensors"}) {
    EXPECT_TRUE(content(data() / file) == content(again / file)) << file;
    bytes += fs::file_size(data() / file);
  }
  EXPECT_NEAR(static_cast<double>(bytes), static_cast<double>(bytes_to_prepare(source())), 4000);
}

TEST_F(Cifar10, NamesWhatIsMissingOrDamaged) {
  const test::TemporaryFolder folder;
  EXPECT_THAT(message_of([&] { prepare(folder.path(), folder.path() / "out"); }),
              HasSubstr("data_batch_1.bin: no such file; expected the binary version of CIFAR-10"));
  for (const auto& entry : fs::directory_iterator(source() / "cifar-10-batches-bin")) {
    fs::create_symlink(entry.path(), folder.path() / entry.path().filename());
  }
  const auto last = folder.path() / "test_batch.bin";
  const std::string bytes = content(last);
  fs::remove(last);
  std::ofstream(last, std::ios::binary) << bytes.substr(0, 5000);
  EXPECT_THAT(message_of([&] { prepare(folder.path(), folder.path() / "out"); }),
              HasSubstr("test_batch.bin: 5000 bytes, expected 30730000; unpack"));
  std::string labelled = bytes;
  labelled[3073 * 17] = 10;
  std::ofstream(last, std::ios::binary) << labelled;
  EXPECT_THAT(message_of([&] { prepare(folder.path(), folder.path() / "out"); }),
              HasSubstr("test_batch.bin: record 17 has a label above 9"));
}

}  // namespace
}  // namespace timetrial::resnet::cifar10
