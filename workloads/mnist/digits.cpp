#include "workloads/mnist/digits.h"

#include "workloads/data/idx_reader.h"
#include "workloads/small_images/small_images.h"

namespace timetrial::mnist {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSide = 28, kTrain = 50'000, kHeldBack = 10'000;
constexpr double kMean = 0.1307, kStd = 0.3081;

void expect_files(const fs::path& source) {
  for (const char* stem : {"train", "t10k"}) {
    for (const char* end : {"-images-idx3-ubyte.gz", "-labels-idx1-ubyte.gz"}) {
      const fs::path file = source / (std::string(stem) + end);
      if (fs::is_regular_file(file)) continue;
      throw workloads::DataError(
          file.string() +
          ": no such file; expected MNIST's four .gz files (docs/data/mnist.md says how)");
    }
  }
}

small_images::Examples read(const fs::path& source, const std::string& stem, std::int64_t count) {
  return {data::read_idx(source / (stem + "-images-idx3-ubyte.gz"), {count, kSide, kSide}),
          data::read_idx(source / (stem + "-labels-idx1-ubyte.gz"), {count})};
}

small_images::Format format() {
  return {.image_shape = {kSide, kSide},
          .remedy = "timetrial data prepare mnist --from DIR",
          // The statistics are those of pixels in [0, 1]; AlgoPerf does not divide by 255.
          .inputs =
              [](const at::Tensor& images) {
                return images.to(at::kFloat).sub_(kMean).div_(kStd).unsqueeze(1);
              },
          .augmented_inputs = {}};
}

}  // namespace

void prepare(const fs::path& source, const fs::path& out) {
  expect_files(source);
  const auto file = read(source, "train", kTrain + kHeldBack);
  const auto train = small_images::rows(file, 0, kTrain);
  small_images::write(
      out, {.training = train,
            .train_subset = small_images::some_of(train, kHeldBack, "mnist train subset"),
            .validation = small_images::rows(file, kTrain, kTrain + kHeldBack),
            .test = read(source, "t10k", kHeldBack)});
}

std::uint64_t bytes_to_prepare(const fs::path& source) {
  expect_files(source);
  return (kTrain + 3 * kHeldBack) * (kSide * kSide + 1);
}

std::unique_ptr<workloads::TrainingData> open_training(const fs::path& training_dir) {
  return small_images::open_training(training_dir, format());
}

std::unique_ptr<workloads::Evaluation> open_evaluation(const fs::path& held_back_dir) {
  return small_images::open_evaluation(held_back_dir, format(), kHeldBack);
}

}  // namespace timetrial::mnist
