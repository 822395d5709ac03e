#include "workloads/fashion_mnist/fashion_mnist.h"

#include "workloads/data/idx_reader.h"
#include "workloads/nn/losses.h"

namespace timetrial::fashion_mnist {
namespace {

// Of the first 50,000 images of the training file, pixels in [0, 1].
constexpr double kMean = 0.28549890926370547, kStd = 0.3527844322000961;
constexpr std::int64_t kTrainFile = 60'000, kTestFile = 10'000;
constexpr std::int64_t kTrain = 50'000, kHeldBack = 3'000, kSubsetStride = 50;

small_images::Format format() {
  return {.image_shape = {kSide, kSide},
          .remedy = kRemedy,
          .inputs =
              [](const at::Tensor& images) {
                return small_images::normalised_grey(images, kMean, kStd);
              },
          .augmented_inputs = {}};
}

small_images::Examples read_package(const std::filesystem::path& folder, const std::string& stem,
                                    std::int64_t count) {
  return {data::read_idx(folder / (stem + "-images-idx3-ubyte.gz"), {count, kSide, kSide}),
          data::read_idx(folder / (stem + "-labels-idx1-ubyte.gz"), {count})};
}

}  // namespace

std::unique_ptr<workloads::TrainingData> open_training(const std::filesystem::path& training_dir) {
  return small_images::open_training(training_dir, format());
}

std::unique_ptr<workloads::Evaluation> open_evaluation(const std::filesystem::path& held_back_dir) {
  return small_images::open_evaluation(held_back_dir, format());
}

small_images::Splits read_splits(const std::filesystem::path& packages) {
  const auto folder = packages / "dataset-fashion-mnist/usr/share/datasets/fashion-mnist";
  const auto train = read_package(folder, "train", kTrainFile);
  const auto test = read_package(folder, "t10k", kTestFile);
  return {.training = small_images::rows(train, 0, kTrain),
          .train_subset = small_images::rows(train, 0, kTrain, kSubsetStride),
          .validation = small_images::rows(train, kTrain, kTrain + kHeldBack),
          .test = small_images::rows(test, 0, kHeldBack)};
}

void prepare(const std::filesystem::path& packages, const std::filesystem::path& out) {
  small_images::write(out, read_splits(packages));
}

workloads::Facts FashionMnist::facts() const {
  return {.loss_type = LossType::softmax_cross_entropy,
          .metric = "accuracy",
          .higher_is_better = true,
          .dataset = "fashion_mnist"};
}

Loss FashionMnist::loss(const Batch& batch, const ModelOutput& output,
                        double label_smoothing) const {
  return nn::softmax_cross_entropy(output.logits, batch.targets(), batch.weights(),
                                   label_smoothing);
}

std::unique_ptr<workloads::TrainingData> FashionMnist::open_training(
    const std::filesystem::path& training_dir) const {
  return fashion_mnist::open_training(training_dir);
}

std::unique_ptr<workloads::Evaluation> FashionMnist::open_evaluation(
    const std::filesystem::path& held_back_dir) const {
  return fashion_mnist::open_evaluation(held_back_dir);
}

void FashionMnist::prepare(const std::filesystem::path& packages,
                           const std::filesystem::path& out) const {
  fashion_mnist::prepare(packages, out);
}

}  // namespace timetrial::fashion_mnist
