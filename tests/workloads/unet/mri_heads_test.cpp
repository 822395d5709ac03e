// Heads, simulated scans, and the workload made of them.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <nifti2_io.h>

#include <fstream>
#include <sstream>

#include "tests/support/data_packages.h"
#include "tests/support/temporary_folder.h"
#include "workloads/metrics/ssim.h"
#include "workloads/nn/builder.h"
#include "workloads/unet/head_volume.h"
#include "workloads/unet/simulated_scan.h"
#include "workloads/unet/slice_set.h"

namespace timetrial::unet {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using workloads::Split;

/// Value x + 10 y + 20 z; 3 x 4 x 5 of them.
void write_volume(const fs::path& file, int type = DT_UINT8) {
  const std::int64_t dims[8] = {3, 3, 4, 5, 1, 1, 1, 1};
  nifti_image* image = nifti_make_new_nim(dims, type, /*data_fill=*/1);
  auto* values = static_cast<std::uint8_t*>(image->data);
  for (int i = 0; i < 60; ++i) {
    values[i * image->nbyper] = static_cast<std::uint8_t>(i % 3 + i / 3 % 4 * 10 + i / 12 * 20);
  }
  nifti_set_filenames(image, file.c_str(), 0, 1);
  nifti_image_write(image);
  nifti_image_free(image);
}

std::string refusal(const fs::path& file) {
  try {
    read_head(file, "; fetch it again");
  } catch (const workloads::DataError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(HeadVolume, IsReadInItsAxesAndScaled) {
  const test::TemporaryFolder folder;
  for (const char* name : {"head.nii", "head.nii.gz"}) {
    SCOPED_TRACE(name);
    write_volume(folder.path() / name);
    const at::Tensor head = read_head(folder.path() / name, "");
    EXPECT_EQ(head.sizes(), (std::vector<std::int64_t>{3, 4, 5}));
    EXPECT_FLOAT_EQ(head[2][3][4].item<float>(), 1);
    EXPECT_FLOAT_EQ(head[1][2][3].item<float>(), 81.0F / 112);
    EXPECT_EQ(head[0][0][0].item<float>(), 0);
  }
}

TEST(HeadVolume, WhatIsNoHeadIsRefused) {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "head.nii";
  EXPECT_EQ(refusal(file), file.string() + ": is not there; fetch it again");
  std::ofstream(file) << "no header";
  EXPECT_THAT(refusal(file), HasSubstr("is no whole NIfTI file; fetch it again"));
  write_volume(file);
  fs::resize_file(file, fs::file_size(file) - 30);
  EXPECT_THAT(refusal(file), HasSubstr("is no whole NIfTI file"));
  write_volume(file, DT_INT16);
  EXPECT_THAT(refusal(file), HasSubstr("has 3 dimensions of INT16, expected 3 of UINT8"));
  write_volume(file);
  std::fstream(file, std::ios::in | std::ios::out).seekp(42) << "\xff\x7f";  // the first side
  EXPECT_THAT(refusal(file), HasSubstr("has a side of 32767 values, expected 1 to 512"));
}

TEST(HeadVolume, SlicesWithoutMuchOfTheHeadAreLeftOut) {
  at::Tensor head = at::zeros({6, 10, 10});
  head[2].fill_(0.5);
  head[3].narrow(0, 0, 1).narrow(1, 0, 9).fill_(0.5);  // nine in a hundred
  head[4].narrow(0, 0, 2).fill_(0.5);
  head[5].fill_(0.05);
  head[2][0][0] = 1;
  EXPECT_THAT(slices_with_signal(head, 0), ElementsAre(2, 4));
}

TEST(HeadVolume, SlicesAreHalvedAndCentred) {
  const at::Tensor head = at::arange(1, 1 + 6 * 9, at::kFloat).view({6, 9, 1});
  const at::Tensor cut = reduced_slice(head, 2, 0, 2, 2);
  // Rows 2 and 3 with columns 2 and 3: 21, 22, 30, 31.
  EXPECT_EQ(cut.sizes(), (std::vector<std::int64_t>{2, 2}));
  EXPECT_FLOAT_EQ(cut[1][0].item<float>(), reduced_slice(head, 2, 0, 2, 6)[2][2].item<float>());
  const at::Tensor padded = reduced_slice(head, 2, 0, 2, 6);
  EXPECT_EQ(padded[0].abs().sum().item<double>(), 0);
  EXPECT_FLOAT_EQ(padded[1][1].item<float>(), (1 + 2 + 10 + 11) / 4.0F);
}

TEST(SimulatedScan, WithAllMeasurementsItGivesTheImageBackButForTheNoise) {
  at::Tensor image = at::zeros({64, 96});
  image.narrow(0, 16, 32).narrow(1, 24, 48).fill_(0.8);
  const at::Tensor error = image_of_all(simulate_scan(image, 1)) - image;
  const at::Tensor inside = error.narrow(0, 16, 32).narrow(1, 24, 48);
  EXPECT_NEAR(inside.std().item<double>(), kScanNoise, 0.1 * kScanNoise);
  EXPECT_NEAR(inside.mean().item<double>(), 0, 0.1 * kScanNoise);
  EXPECT_TRUE(at::equal(simulate_scan(image, 1), simulate_scan(image, 1)));
  EXPECT_FALSE(at::equal(simulate_scan(image, 1), simulate_scan(image, 2)));
}

TEST(SimulatedScan, HasAPhaseSoThatHalfOfKspaceDoesNotTellTheOther) {
  at::Tensor image = at::zeros({64, 64});
  image.narrow(0, 16, 32).narrow(1, 16, 32).fill_(0.8);
  const at::Tensor kspace = simulate_scan(image, 3);
  // Without phase, k(-y, -x) would be the conjugate of k(y, x); index 0 has no mirror image.
  const at::Tensor inner = kspace.narrow(0, 1, 63).narrow(1, 1, 63);
  const at::Tensor mirrored = inner.flip({0, 1}).conj();
  EXPECT_GT((inner - mirrored).abs().mean().item<double>(),
            0.5 * inner.abs().mean().item<double>());
}

/// Leaves the input as it is: the image of the measurements that were kept.
class ZeroFilled final : public nn::BuiltModel {
 public:
  ZeroFilled() : BuiltModel(at::kCPU) { builder().linear("unused", {.in = 1, .out = 1}); }
  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override {
    EXPECT_FALSE(options.training);
    return {batch.inputs(), {}};
  }
};

std::unique_ptr<workloads::Workload> heads() { return workloads::find("mri_heads_unet").make(); }

TEST(ReconstructionEvaluation, AveragesOverImagesAtAnyBatchSize) {
  const test::TemporaryFolder folder;
  at::Tensor similarities = at::zeros({3}, at::kDouble);
  double error = 0;
  ShardBuilder shard(3, 16, 16);
  for (std::int64_t i = 0; i < 3; ++i) {
    const at::Tensor image = at::rand({16, 16});
    const Slice slice = process(simulate_scan(image, 1), image, at::ones({16}));
    shard.add(slice, 0.5 + static_cast<double>(i));
    const metrics::ImageScale scale{at::full({1}, slice.mean), at::full({1}, slice.std),
                                    at::full({1}, 0.5 + static_cast<double>(i))};
    similarities[i] =
        metrics::ssim(slice.inputs.unsqueeze(0), slice.targets.unsqueeze(0), scale)[0];
    error += (slice.inputs - slice.targets).abs().mean().item<double>() / 3;
  }
  for (const char* split : {"train_subset", "validation", "test"}) {
    shard.write(folder.path() / shard_name(split, 0, 1));
  }
  const auto evaluation = heads()->open_evaluation(folder.path());
  ZeroFilled model;
  for (const std::int64_t batch_size : {1, 2, 5}) {
    const auto found = evaluation->evaluate(model, Split::test, batch_size);
    EXPECT_NEAR(found.at("ssim"), similarities.mean().item<double>(), 1e-6);
    EXPECT_NEAR(found.at("loss"), error, 1e-6);
  }
  EXPECT_THROW(evaluation->evaluate(model, Split::test, 0), std::invalid_argument);
}

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

TEST(MriHeadsData, IsPreparedFromThePackages) {
  for (const char* name : {"mricron-data", "nilearn"}) {
    if (!test::data_packages(name)) GTEST_SKIP() << test::no_data_packages(name);
  }
  const auto packages = *test::data_packages("nilearn");
  const test::TemporaryFolder folder;
  heads()->prepare(packages, folder.path() / "once");
  heads()->prepare(packages, folder.path() / "again");
  for (const auto& entry : fs::recursive_directory_iterator(folder.path() / "once")) {
    if (!entry.is_regular_file()) continue;
    const auto again = folder.path() / "again" / fs::relative(entry, folder.path() / "once");
    EXPECT_TRUE(text_of(entry) == text_of(again)) << again;
  }
  const auto training = heads()->open_training(folder.path() / "once/training");
  EXPECT_EQ(training->size(), 836);
  const std::int64_t indices[] = {0, 835};
  const Batch batch = training->gather(indices, 1);
  EXPECT_EQ(batch.inputs().sizes(), (std::vector<std::int64_t>{2, 96, 96}));
  EXPECT_LE(batch.inputs().abs().max().item<double>(), 6);
  EXPECT_NEAR(batch.inputs()[0].mean().item<double>(), 0, 0.05);
  const auto evaluation = heads()->open_evaluation(folder.path() / "once/held_back");
  EXPECT_EQ(evaluation->size(Split::validation), 19);
  EXPECT_EQ(evaluation->size(Split::test), 19);
  EXPECT_EQ(evaluation->size(Split::train_subset), 19);
  // Three quarters of the measurements are missing, and it shows; the image is still the head's.
  ZeroFilled model;
  const double ssim = evaluation->evaluate(model, Split::validation, 16).at("ssim");
  EXPECT_GT(ssim, 0.3);
  EXPECT_LT(ssim, 0.9);
}

TEST(MriHeadsData, MissingPackageIsNamed) {
  const test::TemporaryFolder folder;
  try {
    heads()->prepare(folder.path(), folder.path() / "data");
    FAIL() << "accepted";
  } catch (const workloads::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("ch2better.nii.gz: is not there; unpack the package "
                                        "mricron-data again (scripts/setup.sh)"));
  }
}

}  // namespace
}  // namespace timetrial::unet
