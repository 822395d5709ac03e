#pragma once
// Fashion-MNIST: 28 x 28 grey images of clothes, ten classes, exactly balanced.
//
// Source    Xiao, Rasul, Vollgraf 2017 (arXiv 1708.07747); Debian package dataset-fashion-mnist
// Splits    training: the first 50,000 of the training file; validation: the 3,000 after them;
// test:
//           the first 3,000 of the t10k file; train subset: every 50th training example, 1,000. So
//           few, so that evaluations take a small part of a run; an accuracy is then known within
//           0.7 % (one standard error).
// Prepared  training/train.safetensors, held_back/{train_subset,validation,test}.safetensors, each
//           with `images` uint8 [n, 28, 28] and `labels` uint8 [n]
// Pixels    (value / 255 - mean) / standard deviation of the 50,000 training images; no
// augmentation

#include "workloads/small_images/small_images.h"
#include "workloads/workload.h"

namespace timetrial::fashion_mnist {

inline constexpr std::int64_t kSide = 28, kClasses = 10;
/// The command that makes the prepared files, for messages.
inline constexpr char kRemedy[] = "timetrial data prepare fashion_mnist";

std::unique_ptr<workloads::TrainingData> open_training(const std::filesystem::path& training_dir);
std::unique_ptr<workloads::Evaluation> open_evaluation(const std::filesystem::path& held_back_dir);

/// What <packages>/dataset-fashion-mnist has, in splits.
small_images::Splits read_splits(const std::filesystem::path& packages);

/// Reads the splits, writes <out>/training and <out>/held_back.
void prepare(const std::filesystem::path& packages, const std::filesystem::path& out);

/// What workloads on these images share, whatever their model: all but model and configuration.
/// Input     inputs float32 [B, 1, 28, 28], targets int64 [B], weights float32 [B]
/// Loss      softmax cross-entropy in nats, one value per example
class FashionMnist : public workloads::Workload {
 public:
  workloads::Facts facts() const override;
  Loss loss(const Batch& batch, const ModelOutput& output, double label_smoothing) const override;
  std::unique_ptr<workloads::TrainingData> open_training(
      const std::filesystem::path& training_dir) const override;
  std::unique_ptr<workloads::Evaluation> open_evaluation(
      const std::filesystem::path& held_back_dir) const override;
  void prepare(const std::filesystem::path& packages,
               const std::filesystem::path& out) const override;
};

}  // namespace timetrial::fashion_mnist
