#include "workloads/imagenet/imagenet.h"

#include "workloads/data/image_decoding.h"
#include "workloads/data/image_pipelines.h"
#include "workloads/data/mixup.h"
#include "workloads/data/records.h"
#include "workloads/metrics/classification.h"
#include "workloads/nn/losses.h"

#include <timetrial/random.h>

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <array>

namespace timetrial::imagenet {
namespace {

constexpr char kRemedy[] = "timetrial data prepare imagenet_resnet --from DIR";
constexpr std::int64_t kSide = 224, kChannels = 3;

class Images {
 public:
  explicit Images(const std::filesystem::path& stem)
      : stem_(stem.string()),
        records_(stem, kRemedy),
        labels_(records_.column("labels", at::kShort, {}).to(at::kLong)) {}

  std::int64_t size() const { return records_.size(); }
  const at::Tensor& labels() const { return labels_; }
  /// Throws std::out_of_range.
  data::EncodedImage encoded(std::int64_t index) const {
    return {records_[index], stem_ + ": image " + std::to_string(index)};
  }

 private:
  std::string stem_;
  data::Records records_;
  at::Tensor labels_;  // int64 [size]
};

Batch batch_of(const at::Tensor& inputs, const at::Tensor& targets) {
  return Batch(
      {{"inputs", inputs}, {"targets", targets}, {"weights", at::ones({targets.size(0)})}});
}

class Training final : public workloads::TrainingData {
 public:
  Training(const std::filesystem::path& folder, Augmentation augmentation)
      : images_(folder / "images"),
        augmented_(augmentation == Augmentation::rand_augment_and_mixup) {}

  std::int64_t size() const override { return images_.size(); }
  bool worth_reading_ahead() const override { return true; }
  Batch gather(std::span<const std::int64_t> indices, std::uint64_t seed) const override {
    const auto count = static_cast<std::int64_t>(indices.size());
    const at::Tensor inputs = at::empty({count, kChannels, kSide, kSide});
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t index = indices[static_cast<std::size_t>(i)];
      const auto own_seed = derive_seed(seed, "image", static_cast<std::uint64_t>(index));
      inputs[i].copy_(data::imagenet_training_input(images_.encoded(index), own_seed, augmented_));
    }
    const auto rows = at::tensor(at::ArrayRef<std::int64_t>(indices.data(), indices.size()));
    const Batch batch = batch_of(inputs, images_.labels().index_select(0, rows));
    if (!augmented_ || count == 0) return batch;
    Random random(derive_seed(seed, "mixup", static_cast<std::uint64_t>(indices.front())));
    return data::mix(batch, kClasses, data::mixup_weight(random));
  }

 private:
  Images images_;
  bool augmented_;
};

class HeldBack final : public workloads::Evaluation {
 public:
  HeldBack(const std::filesystem::path& folder, std::int64_t train_subset, std::int64_t batch_size)
      : splits_{Images(folder / "train_subset"), Images(folder / "validation"),
                Images(folder / "test")},
        train_subset_(train_subset) {
    default_batch_size = batch_size;
  }

  std::int64_t size(workloads::Split split) const override {
    const std::int64_t all = images(split).size();
    return split == workloads::Split::train_subset ? std::min(all, train_subset_) : all;
  }
  std::map<std::string, double> evaluate(workloads::Model& model, workloads::Split split,
                                         std::int64_t batch_size) const override;

 private:
  const Images& images(workloads::Split split) const {
    return splits_[static_cast<std::size_t>(split)];
  }
  at::Tensor read(workloads::Split split, std::int64_t begin, std::int64_t end) const;

  std::array<Images, 3> splits_;  // in the order of Split
  std::int64_t train_subset_;
};

/// The inputs of images [begin, end), decoded by all threads.
at::Tensor HeldBack::read(workloads::Split split, std::int64_t begin, std::int64_t end) const {
  const at::Tensor inputs = at::empty({end - begin, kChannels, kSide, kSide});
  at::parallel_for(begin, end, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) {
      const auto encoded = images(split).encoded(i);
      inputs[i - begin].copy_(split == workloads::Split::test
                                  ? data::imagenet_v2_input(encoded.decode(data::InverseDct::fast))
                                  : data::imagenet_evaluation_input(encoded.decode()));
    }
  });
  return inputs;
}

std::map<std::string, double> HeldBack::evaluate(workloads::Model& model, workloads::Split split,
                                                 std::int64_t batch_size) const {
  if (batch_size < 1) throw std::invalid_argument("batch_size must be at least 1");
  const at::NoGradGuard no_grad;
  const auto device = model.parameters().front().tensor.device();
  ForwardOptions options;
  options.training = false;
  metrics::ClassificationSums sums;
  for (std::int64_t begin = 0; begin < size(split); begin += batch_size) {
    const auto end = std::min(begin + batch_size, size(split));
    const at::Tensor targets = images(split).labels().slice(0, begin, end);
    const Batch batch = batch_of(read(split, begin, end).to(device), targets);
    sums.add(model.forward(batch, options).logits, targets.to(device));
  }
  return {{"accuracy", sums.accuracy()}, {"loss", sums.loss()}};
}

}  // namespace

std::unique_ptr<workloads::TrainingData> open_training(const std::filesystem::path& training_dir,
                                                       Augmentation augmentation) {
  return std::make_unique<Training>(training_dir, augmentation);
}

std::unique_ptr<workloads::Evaluation> open_evaluation(const std::filesystem::path& held_back_dir,
                                                       std::int64_t train_subset,
                                                       std::int64_t batch_size) {
  return std::make_unique<HeldBack>(held_back_dir, train_subset, batch_size);
}

workloads::Facts ImageNet::facts() const {
  return {.loss_type = LossType::softmax_cross_entropy,
          .metric = "accuracy",
          .higher_is_better = true,
          .dataset = "imagenet",
          .source = workloads::DataSource::official};
}

Loss ImageNet::loss(const Batch& batch, const ModelOutput& output, double label_smoothing) const {
  return nn::softmax_cross_entropy(output.logits, batch.targets(), batch.weights(),
                                   label_smoothing);
}

std::unique_ptr<workloads::TrainingData> ImageNet::open_training(
    const std::filesystem::path& training_dir) const {
  return imagenet::open_training(training_dir, augmentation_);
}

std::unique_ptr<workloads::Evaluation> ImageNet::open_evaluation(
    const std::filesystem::path& held_back_dir) const {
  const std::int64_t batch = evaluation_batch_size_, validation = Counts{}.validation;
  return imagenet::open_evaluation(held_back_dir, (validation + batch - 1) / batch * batch, batch);
}

void ImageNet::prepare(const std::filesystem::path& source,
                       const std::filesystem::path& out) const {
  imagenet::prepare(source, out);
}

std::uint64_t ImageNet::bytes_to_prepare(const std::filesystem::path& source) const {
  return imagenet::bytes_to_prepare(source);
}

}  // namespace timetrial::imagenet
