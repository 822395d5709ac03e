// From files as they lie on disk through preparation to batches, a training step and evaluation.
#include "workloads/imagenet/imagenet.h"

#include "tests/support/temporary_folder.h"
#include "tests/workloads/imagenet/small_imagenet.h"
#include "workloads/data/image_decoding.h"
#include "workloads/data/image_pipelines.h"
#include "workloads/data/records.h"
#include "workloads/nn/builder.h"
#include "workloads/resnet/resnet.h"
#include "workloads/vit/vit.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <sstream>

namespace timetrial::imagenet {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using workloads::Split;

std::string content(const fs::path& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return std::move(out).str();
}

std::map<std::string, std::string> files_of(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    files[fs::relative(entry.path(), folder).string()] = content(entry.path());
  }
  return files;
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const workloads::DataError& error) {
    return error.what();
  }
  return "nothing thrown";
}

class ImageNetData : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder();
    test::write_small_imagenet(source());
    prepare(source(), data(), test::kSmallCounts);
  }
  static void TearDownTestSuite() { delete folder_; }
  static fs::path source() { return folder_->path() / "source"; }
  static fs::path data() { return folder_->path() / "data"; }
  static std::unique_ptr<workloads::TrainingData> training(Augmentation augmentation) {
    return open_training(data() / "training", augmentation);
  }
  static std::unique_ptr<workloads::Evaluation> evaluation() {
    return open_evaluation(data() / "held_back", 4, 2);
  }

  static test::TemporaryFolder* folder_;
};
test::TemporaryFolder* ImageNetData::folder_ = nullptr;

at::Tensor pixels(const std::string& bytes, data::InverseDct dct) {
  return data::EncodedImage(std::as_bytes(std::span(bytes)), "a test image").decode(dct);
}

TEST_F(ImageNetData, TrainingImagesComeWithTheirLabels) {
  const auto resnet = training(Augmentation::crop_and_flip);
  EXPECT_EQ(resnet->size(), 12);
  EXPECT_TRUE(resnet->worth_reading_ahead());
  const std::vector<std::int64_t> indices = {11, 0, 5};
  const Batch batch = resnet->gather(indices, 7);
  EXPECT_EQ(batch.inputs().sizes(), at::IntArrayRef({3, 3, 224, 224}));
  EXPECT_TRUE(at::equal(batch.targets(), at::tensor({2, 0, 1}, at::kLong)));
  EXPECT_TRUE(at::equal(batch.weights(), at::ones({3})));
  // The image of index 5 is the second of the second class, cropped by a seed of its own.
  const std::string bytes = content(source() / "train/n01443537/n01443537_1.JPEG");
  const at::Tensor expected = data::imagenet_training_input(
      pixels(bytes, data::InverseDct::accurate), derive_seed(7, "image", 5), false);
  EXPECT_TRUE(at::equal(batch.inputs()[2], expected));
  EXPECT_THROW(resnet->gather(std::vector<std::int64_t>{12}, 7), std::out_of_range);
}

TEST_F(ImageNetData, AugmentationIsAFunctionOfSeedAndIndex) {
  const auto resnet = training(Augmentation::crop_and_flip);
  const std::vector<std::int64_t> some = {3, 1}, others = {9, 3};
  const at::Tensor inputs = resnet->gather(some, 7).inputs();
  EXPECT_TRUE(at::equal(inputs, resnet->gather(some, 7).inputs()));
  EXPECT_TRUE(at::equal(inputs[0], resnet->gather(others, 7).inputs()[1]));
  EXPECT_FALSE(at::equal(inputs, resnet->gather(some, 8).inputs()));
}

TEST_F(ImageNetData, TheTransformersBatchesAreMixed) {
  const auto vit = training(Augmentation::rand_augment_and_mixup);
  const std::vector<std::int64_t> indices = {0, 4, 8};
  const Batch batch = vit->gather(indices, 7);
  EXPECT_TRUE(at::equal(batch.inputs(), vit->gather(indices, 7).inputs()));
  ASSERT_EQ(batch.targets().sizes(), at::IntArrayRef({3, 1000}));
  EXPECT_TRUE(at::allclose(batch.targets().sum(1), at::ones({3})));
  const double weight = batch.targets()[1][1].item<double>();
  EXPECT_NEAR(batch.targets()[1][0].item<double>(), 1 - weight, 1e-6);
  // Unmixed by two images, whose labels say how much of each is there.
  const std::string bytes = content(source() / "train/n01440764/n01440764_0.JPEG");
  const at::Tensor first = data::imagenet_training_input(pixels(bytes, data::InverseDct::accurate),
                                                         derive_seed(7, "image", 0), true);
  const std::string last_bytes = content(source() / "train/n01484850/n01484850_0.JPEG");
  const at::Tensor last = data::imagenet_training_input(
      pixels(last_bytes, data::InverseDct::accurate), derive_seed(7, "image", 8), true);
  EXPECT_TRUE(at::allclose(batch.inputs()[0], first * weight + last * (1 - weight), 1e-4, 1e-4));
}

TEST_F(ImageNetData, TheSubsetIsOfTrainingAndTheSplitsHaveTheirSizes) {
  const auto held_back = evaluation();
  EXPECT_EQ(held_back->size(Split::train_subset), 4);  // of the five prepared
  EXPECT_EQ(held_back->size(Split::validation), 6);
  EXPECT_EQ(held_back->size(Split::test), 3);
  EXPECT_EQ(held_back->default_batch_size, 2);
  const data::Records subset(data() / "held_back/train_subset", ""),
      all(data() / "training/images", "");
  ASSERT_EQ(subset.size(), 5);
  const auto equal = [](auto a, auto b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  };
  for (std::int64_t i = 0; i < subset.size(); ++i) {
    int found = 0;
    for (std::int64_t j = 0; j < all.size(); ++j) found += equal(subset[i], all[j]) ? 1 : 0;
    EXPECT_GE(found, 1) << i;
  }
}

/// Always says class 1, and remembers its inputs.
class Witness final : public nn::BuiltModel {
 public:
  Witness() : BuiltModel(at::kCPU) { builder().linear("unused", {.in = 1, .out = 1}); }
  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override {
    EXPECT_FALSE(options.training);
    seen.push_back(batch.inputs().clone());
    return {at::one_hot(at::ones({batch.size()}, at::kLong), 1000).to(at::kFloat) * 5, {}};
  }
  std::vector<at::Tensor> seen;
};

TEST_F(ImageNetData, EvaluationSeesEveryImageOnceInItsSplitsPipeline) {
  const auto held_back = evaluation();
  for (const std::int64_t batch_size : {1, 4, 100}) {
    SCOPED_TRACE(batch_size);
    Witness model;
    const auto found = held_back->evaluate(model, Split::validation, batch_size);
    EXPECT_NEAR(found.at("accuracy"), 1.0 / 3, 1e-12);  // class 1, always
    const double other = std::log(std::exp(5.0) + 999);
    EXPECT_NEAR(found.at("loss"), other - 5.0 / 3, 1e-5);
    const at::Tensor seen = at::cat(model.seen);
    ASSERT_EQ(seen.size(0), 6);
    const std::string bytes = content(source() / "val/n01443537/ILSVRC2012_val_00000001.JPEG");
    EXPECT_TRUE(at::equal(
        seen[3], data::imagenet_evaluation_input(pixels(bytes, data::InverseDct::accurate))));
  }
  Witness model;
  held_back->evaluate(model, Split::test, 2);
  const std::string bytes = content(source() / "imagenetv2-matched-frequency-format-val/2/a.jpeg");
  EXPECT_TRUE(at::equal(at::cat(model.seen)[2],
                        data::imagenet_v2_input(pixels(bytes, data::InverseDct::fast))));
  EXPECT_THROW(held_back->evaluate(model, Split::test, 0), std::invalid_argument);
}

TEST_F(ImageNetData, SmallModelsTrainAndAreEvaluated) {
  resnet::Config small_resnet;
  small_resnet.block = resnet::Block::basic;
  small_resnet.layers = {1, 1, 1, 1};
  small_resnet.width = 4;
  vit::Config small_vit;
  small_vit.patch_size = 32;
  small_vit.width = 16;
  small_vit.depth = 1;
  small_vit.heads = 2;
  small_vit.mlp_dim = 16;
  const struct {
    const char* name;
    std::unique_ptr<workloads::Workload> workload;
    Augmentation augmentation;
  } cases[] = {
      {"resnet", resnet::make(small_resnet), Augmentation::crop_and_flip},
      {"vit", vit::make_imagenet(small_vit), Augmentation::rand_augment_and_mixup},
  };
  for (const auto& [name, workload, augmentation] : cases) {
    SCOPED_TRACE(name);
    const auto model = workload->make_model(at::kCPU);
    model->initialize(1);
    const auto data = workload->open_training(ImageNetData::data() / "training");
    const Batch batch = data->gather(std::vector<std::int64_t>{0, 5, 11, 7}, 3);
    EXPECT_EQ(batch.targets().dim(), augmentation == Augmentation::crop_and_flip ? 1 : 2);
    const auto loss = [&] { return workload->loss(batch, model->forward(batch, {}), 0).mean(); };
    const at::Tensor before = loss();
    before.backward();
    {
      const at::NoGradGuard no_grad;
      for (const auto& parameter : model->parameters()) {
        if (parameter.tensor.grad().defined()) {
          parameter.tensor.sub_(parameter.tensor.grad(), 0.05);
        }
      }
    }
    EXPECT_LT(loss().item<double>(), before.item<double>());
    const auto found = workload->open_evaluation(ImageNetData::data() / "held_back")
                           ->evaluate(*model, Split::validation, 4);
    EXPECT_GT(found.at("loss"), 0);
  }
}

TEST_F(ImageNetData, PreparingGoesOnWhereItStoppedWithTheSameBytes) {
  const test::TemporaryFolder again;
  prepare(source(), again.path(), test::kSmallCounts);
  const auto whole = files_of(data());
  EXPECT_EQ(whole.size(), 4u);
  EXPECT_TRUE(files_of(again.path()) == whole);
  fs::remove(again.path() / "held_back/validation-00000-of-00001.safetensors");
  std::ofstream(again.path() / "training/images-00000-of-00001.safetensors.partial") << "half";
  prepare(source(), again.path(), test::kSmallCounts);
  fs::remove(again.path() / "training/images-00000-of-00001.safetensors.partial");
  EXPECT_TRUE(files_of(again.path()) == whole);
}

TEST_F(ImageNetData, ForesaysItsSize) {
  std::uint64_t bytes = 0;
  for (const auto& [name, text] : files_of(data())) bytes += text.size();
  const auto foreseen = bytes_to_prepare(source(), test::kSmallCounts);
  EXPECT_LE(foreseen, bytes);
  EXPECT_LE(bytes, foreseen + 4 * 4200);  // headers
}

TEST_F(ImageNetData, AnotherNumberOfImagesIsRefused) {
  const test::TemporaryFolder out;
  imagenet::Counts counts = test::kSmallCounts;
  counts.training = 13;
  EXPECT_THAT(message_of([&] { prepare(source(), out.path(), counts); }),
              HasSubstr("/train: 12 training images, expected 13; unpack the archives again"));
  EXPECT_TRUE(fs::is_empty(out.path()));
  EXPECT_THAT(message_of([&] { prepare(source(), out.path()); }),
              HasSubstr("/train: 3 folders, expected 1000"));
}

TEST_F(ImageNetData, ADamagedImageIsNamed) {
  const test::TemporaryFolder folder;
  test::write_small_imagenet(folder.path() / "source");
  const auto file = folder.path() / "source/train/n01443537/n01443537_2.JPEG";
  std::ofstream(file, std::ios::trunc) << "no picture";
  EXPECT_THAT(
      message_of([&] { prepare(folder.path() / "source", folder.path(), test::kSmallCounts); }),
      HasSubstr("train/n01443537/n01443537_2.JPEG: Not a JPEG file"));
}

TEST_F(ImageNetData, MissingDataNamesFileAndCommand) {
  EXPECT_THAT(message_of([&] { open_training(data() / "nothing", Augmentation::crop_and_flip); }),
              HasSubstr("nothing/images-00000-of-*.safetensors: no such file; make it with: "
                        "timetrial data prepare imagenet_resnet --from DIR"));
}

}  // namespace
}  // namespace timetrial::imagenet
