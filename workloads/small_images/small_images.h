#pragma once
// Labelled images of one size that fit in memory (MNIST and its like, CIFAR-10): their prepared
// files, training half and evaluation half. A data set adds how pixels become inputs.
//
// Prepared  training/train.safetensors, held_back/{train_subset,validation,test}.safetensors, each
//           with `images` uint8 [n, ...] and `labels` uint8 [n], mapped, so that processes share
//           them. Made-up images may have `textures` uint8 [n] too, and then
//           held_back/conflicts.safetensors: images whose texture belongs to another label

#include "workloads/workload.h"

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

namespace timetrial::small_images {

struct Examples {
  at::Tensor images, labels;  // uint8
  at::Tensor textures = {};   ///< uint8, undefined where images have none that is known
  std::int64_t size() const { return labels.size(0); }
};

/// One data set.
struct Format {
  std::vector<std::int64_t> image_shape;
  std::string remedy;  ///< the command that makes the prepared files
  /// Images uint8 [B, image_shape...] to inputs float32 [B, ...], for evaluation.
  std::function<at::Tensor(const at::Tensor& images)> inputs;
  /// The same for training, augmented by chance: example i by `seeds[i]`. Left out: as `inputs`.
  std::function<at::Tensor(const at::Tensor& images, const std::vector<std::uint64_t>& seeds)>
      augmented_inputs;
};

struct Splits {
  Examples training, train_subset, validation, test;
  Examples conflicts = {};  ///< undefined tensors: none
};

/// Examples [begin, end), every step-th.
Examples rows(const Examples& examples, std::int64_t begin, std::int64_t end,
              std::int64_t step = 1);
/// `count` of the examples by chance, the same ones for the same purpose.
Examples some_of(const Examples& examples, std::int64_t count, const std::string& purpose);

/// Writes the prepared files. Same splits, same bytes.
void write(const std::filesystem::path& out, const Splits& splits);

/// Throw DataError naming the file that is missing or of another shape. Batches have inputs,
/// targets int64 [B], weights float32 [B].
std::unique_ptr<workloads::TrainingData> open_training(const std::filesystem::path& training_dir,
                                                       const Format& format);
/// Metrics "accuracy" and "loss"; its evaluators (workloads/evaluators.h): image_evaluators.h.
std::unique_ptr<workloads::Evaluation> open_evaluation(const std::filesystem::path& held_back_dir,
                                                       const Format& format,
                                                       std::int64_t batch_size = 256);

/// (value / 255 - mean) / std of grey images: uint8 [B, H, W] to float32 [B, 1, H, W].
at::Tensor normalised_grey(const at::Tensor& images, double mean, double std);

}  // namespace timetrial::small_images
