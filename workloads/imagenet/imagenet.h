#pragma once
// ImageNet (ILSVRC 2012), 1,000 kinds of things in photographs, and as test split ImageNet-v2: the
// data of AlgoPerf's imagenet_resnet and imagenet_vit (commit 2c90454fc05d).
//
// Source        Russakovsky et al. 2015 (arXiv 1409.0575); Recht et al. 2019 (arXiv 1902.10811),
//               "matched frequency". Their user brings them: docs/data/imagenet.md
// Splits        training: all of train, 1,281,167; validation: val, 50,000; test: ImageNet-v2,
//               10,000; train subset: training images in an order by chance, as many as validation,
//               rounded up to whole evaluation batches
// Prepared      the encoded files as they are, in data::Records with a column `labels` I16:
//               training/images, held_back/{train_subset,validation,test}
// Augmentation  a random resized crop and flip; for imagenet_vit also RandAugment, and mixup within
//               the batch. All a function of (seed, index), mixup of (seed, first index of the
//               batch)
// Evaluation    short side 256 and the central 224 x 224; the test split through TensorFlow's
//               decoding and bicubic resizing (workloads/data/image_pipelines.h)

#include "workloads/workload.h"

namespace timetrial::imagenet {

inline constexpr std::int64_t kClasses = 1000;

enum class Augmentation {
  crop_and_flip,           ///< imagenet_resnet
  rand_augment_and_mixup,  ///< imagenet_vit
};

/// What must be there. Tests have smaller sets.
struct Counts {
  std::int64_t classes = kClasses;
  std::int64_t training = 1'281'167, validation = 50'000, test = 10'000;
  std::int64_t train_subset = 51'200;  ///< the larger of both workloads'
};

/// Throws DataError naming the first thing that is missing, damaged or of another number.
void prepare(const std::filesystem::path& source, const std::filesystem::path& out,
             const Counts& counts = {});
std::uint64_t bytes_to_prepare(const std::filesystem::path& source, const Counts& counts = {});

std::unique_ptr<workloads::TrainingData> open_training(const std::filesystem::path& training_dir,
                                                       Augmentation augmentation);
/// Evaluates the first `train_subset` of the training subset.
std::unique_ptr<workloads::Evaluation> open_evaluation(const std::filesystem::path& held_back_dir,
                                                       std::int64_t train_subset,
                                                       std::int64_t batch_size);

/// What workloads on these images share, whatever their model: all but model and configuration.
/// Input  inputs float32 [B, 3, 224, 224]; targets int64 [B] in [0, 1000), with mixup float32
///        [B, 1000]; weights float32 [B]
/// Loss   softmax cross-entropy in nats, one value per example
class ImageNet : public workloads::Workload {
 public:
  /// `evaluation_batch_size` is AlgoPerf's, to which the train subset is rounded up.
  ImageNet(Augmentation augmentation, std::int64_t evaluation_batch_size)
      : augmentation_(augmentation), evaluation_batch_size_(evaluation_batch_size) {}

  workloads::Facts facts() const override;
  Loss loss(const Batch& batch, const ModelOutput& output, double label_smoothing) const override;
  std::unique_ptr<workloads::TrainingData> open_training(
      const std::filesystem::path& training_dir) const override;
  std::unique_ptr<workloads::Evaluation> open_evaluation(
      const std::filesystem::path& held_back_dir) const override;
  void prepare(const std::filesystem::path& source,
               const std::filesystem::path& out) const override;
  std::uint64_t bytes_to_prepare(const std::filesystem::path& source) const override;

 private:
  const Augmentation augmentation_;
  const std::int64_t evaluation_batch_size_;
};

}  // namespace timetrial::imagenet
