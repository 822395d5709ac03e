#include "workloads/resnet/cifar10.h"

#include "workloads/data/image_pipelines.h"
#include "workloads/small_images/small_images.h"

#include <algorithm>
#include <fstream>

namespace timetrial::resnet::cifar10 {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSide = 32, kChannels = 3, kClasses = 10;
constexpr std::int64_t kPixels = kSide * kSide * kChannels;
constexpr std::int64_t kPerFile = 10'000, kTrainingFiles = 5;
constexpr std::int64_t kTrain = 45'000, kTrainSubset = 5'120, kEvaluationBatch = 1'024;

std::vector<fs::path> files(const fs::path& source) {
  const fs::path nested = source / "cifar-10-batches-bin";
  const fs::path folder = fs::is_directory(nested) ? nested : source;
  std::vector<fs::path> files;
  for (std::int64_t i = 1; i <= kTrainingFiles; ++i) {
    files.push_back(folder / ("data_batch_" + std::to_string(i) + ".bin"));
  }
  files.push_back(folder / "test_batch.bin");
  for (const fs::path& file : files) {
    if (fs::is_regular_file(file)) continue;
    throw workloads::DataError(file.string() +
                               ": no such file; expected the binary version of CIFAR-10, unpacked "
                               "(docs/data/cifar10.md says how)");
  }
  return files;
}

/// [n, 1 + 3072]: the label, then red, green and blue, row by row.
at::Tensor read_batch(const fs::path& file) {
  constexpr std::int64_t kBytes = kPerFile * (1 + kPixels);
  const auto bytes = static_cast<std::int64_t>(fs::file_size(file));
  if (bytes != kBytes) {
    throw workloads::DataError(file.string() + ": " + std::to_string(bytes) + " bytes, expected " +
                               std::to_string(kBytes) + "; unpack the archive again");
  }
  at::Tensor records = at::empty({kPerFile, 1 + kPixels}, at::kByte);
  std::ifstream in(file, std::ios::binary);
  if (!in.read(static_cast<char*>(records.mutable_data_ptr()), kBytes)) {
    throw workloads::DataError(file.string() + ": cannot be read");
  }
  const at::Tensor labels = records.select(1, 0);
  if (labels.max().item<std::int64_t>() >= kClasses) {
    throw workloads::DataError(file.string() + ": record " +
                               std::to_string(labels.argmax().item<std::int64_t>()) +
                               " has a label above 9; is it the binary version of CIFAR-10?");
  }
  return records;
}

small_images::Examples examples_of(const at::Tensor& records) {
  const at::Tensor planes = records.slice(1, 1).reshape({-1, kChannels, kSide, kSide});
  return {planes.permute({0, 2, 3, 1}).contiguous(), records.select(1, 0).contiguous()};
}

at::Tensor each(const at::Tensor& images,
                const std::function<at::Tensor(const at::Tensor& image, std::size_t i)>& input) {
  std::vector<at::Tensor> inputs;
  for (std::int64_t i = 0; i < images.size(0); ++i) {
    inputs.push_back(input(images[i], static_cast<std::size_t>(i)));
  }
  return at::stack(inputs);
}

small_images::Format format() {
  return {.image_shape = {kSide, kSide, kChannels},
          .remedy = "timetrial data prepare cifar --from DIR",
          .inputs =
              [](const at::Tensor& images) {
                return each(images, [](const at::Tensor& image, std::size_t) {
                  return data::cifar_evaluation_input(image);
                });
              },
          .augmented_inputs =
              [](const at::Tensor& images, const std::vector<std::uint64_t>& seeds) {
                return each(images, [&](const at::Tensor& image, std::size_t i) {
                  return data::cifar_training_input(image, seeds[i]);
                });
              }};
}

}  // namespace

void prepare(const fs::path& source, const fs::path& out) {
  const auto paths = files(source);
  std::vector<at::Tensor> training;
  for (std::size_t i = 0; i < kTrainingFiles; ++i) training.push_back(read_batch(paths[i]));
  const auto all = examples_of(at::cat(training));
  const auto train = small_images::rows(all, 0, kTrain);
  small_images::write(
      out, {.training = train,
            .train_subset = small_images::some_of(train, kTrainSubset, "cifar10 train subset"),
            .validation = small_images::rows(all, kTrain, all.size()),
            .test = examples_of(read_batch(paths.back()))});
}

std::uint64_t bytes_to_prepare(const fs::path& source) {
  return (files(source).size() * kPerFile + kTrainSubset) * (1 + kPixels);
}

std::unique_ptr<workloads::TrainingData> open_training(const fs::path& training_dir) {
  return small_images::open_training(training_dir, format());
}

std::unique_ptr<workloads::Evaluation> open_evaluation(const fs::path& held_back_dir) {
  return small_images::open_evaluation(held_back_dir, format(), kEvaluationBatch);
}

}  // namespace timetrial::resnet::cifar10
