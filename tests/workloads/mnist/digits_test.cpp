// MNIST's files, through preparation to batches and evaluation, on the packaged Fashion-MNIST,
// which has the same format and the same sizes.
#include "workloads/mnist/digits.h"

#include "tests/support/temporary_folder.h"
#include "workloads/data/idx_reader.h"
#include "workloads/mnist/mnist.h"
#include "workloads/workload.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>

namespace timetrial::mnist {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using workloads::Split;

fs::path package() {
  const char* dependencies = std::getenv("TIMETRIAL_DEPS");
  const fs::path root =
      dependencies != nullptr ? fs::path(dependencies) : fs::path(TIMETRIAL_SOURCE_DIR) / ".deps";
  return root / "packages/dataset-fashion-mnist/usr/share/datasets/fashion-mnist";
}

std::string content(const fs::path& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return std::move(out).str();
}

class Digits : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!fs::exists(package())) return;
    folder_ = new test::TemporaryFolder();
    prepare(package(), folder_->path());
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  void SetUp() override {
    if (folder_ == nullptr) {
      GTEST_SKIP() << package() << " is not there; scripts/setup.sh fetches it";
    }
  }
  static test::TemporaryFolder* folder_;
};
test::TemporaryFolder* Digits::folder_ = nullptr;

TEST_F(Digits, TrainingIsTheFirst50000NormalisedAsAlgoPerfDoes) {
  const auto training = open_training(folder_->path() / "training");
  EXPECT_EQ(training->size(), 50'000);
  EXPECT_FALSE(training->worth_reading_ahead());
  const at::Tensor images =
      data::read_idx(package() / "train-images-idx3-ubyte.gz", {60'000, 28, 28});
  const at::Tensor labels = data::read_idx(package() / "train-labels-idx1-ubyte.gz", {60'000});
  const Batch batch = training->gather(std::vector<std::int64_t>{49'999, 0}, 1);
  EXPECT_EQ(batch.inputs().sizes(), at::IntArrayRef({2, 1, 28, 28}));
  EXPECT_TRUE(at::allclose(batch.inputs()[0][0] * 0.3081 + 0.1307, images[49'999].to(at::kFloat),
                           1e-5, 1e-3));
  EXPECT_EQ(batch.targets()[1].item<std::int64_t>(), labels[0].item<std::int64_t>());
}

TEST_F(Digits, SplitsHaveAlgoPerfsSizes) {
  const auto evaluation = open_evaluation(folder_->path() / "held_back");
  for (const auto split : {Split::train_subset, Split::validation, Split::test}) {
    EXPECT_EQ(evaluation->size(split), 10'000);
  }
  EXPECT_EQ(evaluation->default_batch_size, 10'000);
}

TEST_F(Digits, TheModelLearnsAndIsEvaluated) {
  const auto workload = make({});
  const auto model = workload->make_model(at::kCPU);
  model->initialize(1);
  const auto training = workload->open_training(folder_->path() / "training");
  const auto evaluation = workload->open_evaluation(folder_->path() / "held_back");
  const double before = evaluation->evaluate(*model, Split::validation, 5'000).at("loss");
  std::vector<std::int64_t> indices(256);
  for (int step = 0; step < 60; ++step) {
    for (std::size_t i = 0; i < indices.size(); ++i) {
      indices[i] = static_cast<std::int64_t>((static_cast<std::size_t>(step) * 256 + i) % 50'000);
    }
    const Batch batch = training->gather(indices, 1);
    workload->loss(batch, model->forward(batch, {}), 0).mean().backward();
    const at::NoGradGuard no_grad;
    for (const auto& parameter : model->parameters()) {
      parameter.tensor.sub_(parameter.tensor.grad(), 0.1);
      parameter.tensor.mutable_grad().zero_();
    }
  }
  const auto after = evaluation->evaluate(*model, Split::validation, 5'000);
  EXPECT_LT(after.at("loss"), before / 1.5);
  EXPECT_GT(after.at("accuracy"), 0.5);
}

TEST_F(Digits, PreparingTwiceGivesTheSameBytesAndTheForeseenSize) {
  const test::TemporaryFolder again;
  prepare(package(), again.path());
  std::uint64_t bytes = 0;
  for (const char* file : {"training/train.safetensors", "held_back/train_subset.safetensors",
                           "held_back/validation.safetensors", "held_back/test.safetensors"}) {
    EXPECT_TRUE(content(folder_->path() / file) == content(again.path() / file)) << file;
    bytes += fs::file_size(again.path() / file);
  }
  EXPECT_NEAR(static_cast<double>(bytes), static_cast<double>(bytes_to_prepare(package())), 4000);
}

TEST(DigitsSource, NamesTheFileThatIsMissing) {
  const test::TemporaryFolder folder;
  try {
    prepare(folder.path(), folder.path() / "out");
    FAIL() << "prepared nothing";
  } catch (const workloads::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("train-images-idx3-ubyte.gz: no such file; expected "
                                        "MNIST's four .gz files (docs/data/mnist.md says how)"));
  }
}

}  // namespace
}  // namespace timetrial::mnist
