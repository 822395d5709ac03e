#include "workloads/fashion_mnist/fashion_mnist.h"

#include "workloads/data/idx_reader.h"
#include "workloads/data/tensor_io.h"
#include "workloads/metrics/classification.h"
#include "workloads/nn/losses.h"

#include <ATen/core/grad_mode.h>

#include <array>

namespace timetrial::fashion_mnist {
namespace {

// Of the first 50,000 images of the training file, pixels in [0, 1].
constexpr double kMean = 0.28549890926370547, kStd = 0.3527844322000961;
constexpr std::int64_t kTrainFile = 60'000, kTestFile = 10'000;
constexpr std::int64_t kTrain = 50'000, kHeldBack = 3'000, kSubsetStride = 50;

struct Examples {
  at::Tensor images, labels;  // uint8, views of a mapped file
  std::int64_t size() const { return labels.size(0); }
};

Examples open(const std::filesystem::path& file) {
  const auto opened = data::open(file, kRemedy);
  const auto images = data::read(opened, "images", at::kByte, {-1, kSide, kSide});
  return {images, data::read(opened, "labels", at::kByte, {images.size(0)})};
}

Batch batch_of(const at::Tensor& images, const at::Tensor& labels) {
  const auto pixels = images.to(at::kFloat).mul_(1 / (255 * kStd)).sub_(kMean / kStd);
  return Batch({{"inputs", pixels.unsqueeze(1)},
                {"targets", labels.to(at::kLong)},
                {"weights", at::ones({labels.size(0)})}});
}

class Training final : public workloads::TrainingData {
 public:
  explicit Training(const std::filesystem::path& folder)
      : examples_(open(folder / "train.safetensors")) {}
  std::int64_t size() const override { return examples_.size(); }
  Batch gather(std::span<const std::int64_t> indices, std::uint64_t /*seed*/) const override {
    const auto rows = at::tensor(at::ArrayRef<std::int64_t>(indices.data(), indices.size()));
    return batch_of(examples_.images.index_select(0, rows), examples_.labels.index_select(0, rows));
  }

 private:
  Examples examples_;
};

class HeldBack final : public workloads::Evaluation {
 public:
  explicit HeldBack(const std::filesystem::path& folder)
      : splits_{open(folder / "train_subset.safetensors"), open(folder / "validation.safetensors"),
                open(folder / "test.safetensors")} {}
  std::int64_t size(workloads::Split split) const override { return examples(split).size(); }
  std::map<std::string, double> evaluate(workloads::Model& model, workloads::Split split,
                                         std::int64_t batch_size) const override;

 private:
  const Examples& examples(workloads::Split split) const {
    return splits_[static_cast<std::size_t>(split)];
  }
  std::array<Examples, 3> splits_;  // in the order of Split
};

std::map<std::string, double> HeldBack::evaluate(workloads::Model& model, workloads::Split split,
                                                 std::int64_t batch_size) const {
  if (batch_size < 1) throw std::invalid_argument("batch_size must be at least 1");
  const at::NoGradGuard no_grad;
  const auto device = model.parameters().front().tensor.device();
  const auto& [images, labels] = examples(split);
  ForwardOptions options;
  options.training = false;
  metrics::ClassificationSums sums;
  for (std::int64_t begin = 0; begin < labels.size(0); begin += batch_size) {
    const auto end = std::min(begin + batch_size, labels.size(0));
    auto batch = batch_of(images.slice(0, begin, end), labels.slice(0, begin, end));
    batch.set("inputs", batch.inputs().to(device));
    sums.add(model.forward(batch, options).logits, batch.targets().to(device));
  }
  return {{"accuracy", sums.accuracy()}, {"loss", sums.loss()}};
}

Examples read_package(const std::filesystem::path& folder, const std::string& stem,
                      std::int64_t count) {
  return {data::read_idx(folder / (stem + "-images-idx3-ubyte.gz"), {count, kSide, kSide}),
          data::read_idx(folder / (stem + "-labels-idx1-ubyte.gz"), {count})};
}

Examples rows(const Examples& examples, std::int64_t begin, std::int64_t end,
              std::int64_t step = 1) {
  return {examples.images.slice(0, begin, end, step).contiguous(),
          examples.labels.slice(0, begin, end, step).contiguous()};
}

void write(const std::filesystem::path& file, const Examples& examples) {
  std::filesystem::create_directories(file.parent_path());
  tensorfile::write_file(
      file, data::views({{"images", examples.images}, {"labels", examples.labels}}), {});
}

}  // namespace

std::unique_ptr<workloads::TrainingData> open_training(const std::filesystem::path& training_dir) {
  return std::make_unique<Training>(training_dir);
}

std::unique_ptr<workloads::Evaluation> open_evaluation(const std::filesystem::path& held_back_dir) {
  return std::make_unique<HeldBack>(held_back_dir);
}

void prepare(const std::filesystem::path& packages, const std::filesystem::path& out) {
  const auto folder = packages / "dataset-fashion-mnist/usr/share/datasets/fashion-mnist";
  const auto train_file = read_package(folder, "train", kTrainFile);
  const auto test = read_package(folder, "t10k", kTestFile);
  write(out / "training/train.safetensors", rows(train_file, 0, kTrain));
  write(out / "held_back/train_subset.safetensors", rows(train_file, 0, kTrain, kSubsetStride));
  write(out / "held_back/validation.safetensors", rows(train_file, kTrain, kTrain + kHeldBack));
  write(out / "held_back/test.safetensors", rows(test, 0, kHeldBack));
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
