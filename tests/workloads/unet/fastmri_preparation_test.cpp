// fastmri's data from HDF5 volumes in fastMRI's format, written here.
#include "workloads/unet/fastmri_preparation.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "tests/support/temporary_folder.h"
#include "tests/workloads/unet/volume_writer.h"
#include "workloads/unet/fastmri_slice.h"
#include "workloads/unet/fastmri_volume.h"
#include "workloads/unet/simulated_scan.h"
#include "workloads/unet/slice_set.h"
#include "workloads/unet/unet.h"

namespace timetrial::unet {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using workloads::Split;

constexpr FastMriLayout kSmall{
    .image_size = 32, .validation_volumes = 2, .train_subset = 3, .slices_per_shard = 4};

/// `slices` scans of a disc, larger in each, 64 rows and `columns` columns.
test::VolumeContent volume(std::int64_t slices, std::int64_t columns, std::uint64_t seed) {
  std::vector<at::Tensor> kspaces, targets;
  for (std::int64_t i = 0; i < slices; ++i) {
    const at::Tensor y = (at::arange(64) - 32).unsqueeze(1);
    const at::Tensor x = (at::arange(columns) - columns / 2).unsqueeze(0);
    const at::Tensor image = (y * y + x * x).lt(60 + 20 * i).to(at::kFloat) * 0.7;
    kspaces.push_back(simulate_scan(image, seed + static_cast<std::uint64_t>(i)));
    targets.push_back(
        image_of_all(kspaces.back()).narrow(0, 16, 32).narrow(1, (columns - 32) / 2, 32));
  }
  return {at::stack(kspaces), at::stack(targets), 0.5 + static_cast<double>(seed) / 100};
}

class FastMriData : public testing::Test {
 protected:
  FastMriData() {
    // Slices: training 3 + 2 + 1, of two widths; validation 2 + 1; test 2.
    write("knee_singlecoil_train/file3.h5", volume(1, 48, 30));
    write("knee_singlecoil_train/file1.h5", volume(3, 48, 10));
    write("knee_singlecoil_train/file2.h5", volume(2, 40, 20));
    write("knee_singlecoil_val/b.h5", volume(1, 48, 50));
    write("knee_singlecoil_val/a.h5", volume(2, 48, 40));
    write("knee_singlecoil_val/c.h5", volume(2, 40, 60));
    std::ofstream(source() / "knee_singlecoil_val/notes.txt") << "not a volume";
  }

  fs::path source() const { return folder_.path() / "fastmri"; }
  fs::path out() const { return folder_.path() / "data"; }
  void write(const std::string& name, const test::VolumeContent& content) const {
    test::write_volume(source() / name, content);
  }
  std::string refusal(const FastMriLayout& layout = kSmall) const {
    try {
      prepare_fastmri(source(), folder_.path() / "refused", layout);
    } catch (const workloads::DataError& error) {
      return error.what();
    }
    return "accepted";
  }
  static std::string bytes_of(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
  }

  const test::TemporaryFolder folder_;
};

/// The slice that AlgoPerf would make, from the volume as it was written.
void expect_slice(const Batch& batch, std::int64_t row, const test::VolumeContent& volume,
                  std::int64_t slice, const at::Tensor& draws) {
  const Slice expected = process(volume.kspace[slice], volume.target[slice], column_mask(draws));
  EXPECT_TRUE(at::equal(batch.inputs()[row], expected.inputs));
  EXPECT_TRUE(at::equal(batch.targets()[row], expected.targets));
  EXPECT_FLOAT_EQ(batch.at("mean")[row].item<float>(), static_cast<float>(expected.mean));
  EXPECT_FLOAT_EQ(batch.at("std")[row].item<float>(), static_cast<float>(expected.std));
  EXPECT_FLOAT_EQ(batch.at("volume_max")[row].item<float>(),
                  static_cast<float>(volume.max.value_or(0)));
}

TEST_F(FastMriData, SlicesAreInTheOrderOfTheNamesAndMaskedByTheirPlace) {
  prepare_fastmri(source(), out(), kSmall);
  const SliceSet training(out() / "training", "train", "");
  ASSERT_EQ(training.size(), 6);
  const std::int64_t indices[] = {0, 2, 3, 5};
  const Batch batch = training.gather(indices);
  expect_slice(batch, 0, volume(3, 48, 10), 0, training_draws(48, 0, 0));
  expect_slice(batch, 1, volume(3, 48, 10), 2, training_draws(48, 0, 2));
  expect_slice(batch, 2, volume(2, 40, 20), 0, training_draws(40, 0, 3));
  expect_slice(batch, 3, volume(1, 48, 30), 0, training_draws(48, 0, 5));
  // A volume is not parted: of at most 4 slices, 3, then 2 + 1.
  EXPECT_TRUE(fs::exists(out() / "training/train-00001-of-00002.safetensors"));
}

TEST_F(FastMriData, TheFirstVolumesByNameValidateTheOthersTest) {
  prepare_fastmri(source(), out(), kSmall);
  const SliceSet validation(out() / "held_back", "validation", "");
  const SliceSet test(out() / "held_back", "test", "");
  ASSERT_EQ(validation.size(), 3);
  ASSERT_EQ(test.size(), 2);
  const std::int64_t one[] = {1}, two[] = {2};
  expect_slice(validation.gather(one), 0, volume(2, 48, 40), 1, evaluation_draws(48));
  expect_slice(validation.gather(two), 0, volume(1, 48, 50), 0, evaluation_draws(48));
  expect_slice(test.gather(one), 0, volume(2, 40, 60), 1, evaluation_draws(40));
  const SliceSet subset(out() / "held_back", "train_subset", "");
  ASSERT_EQ(subset.size(), 3);
  expect_slice(subset.gather(two), 0, volume(2, 40, 20), 1, training_draws(40, 0, 4));
}

TEST_F(FastMriData, WithoutAMaximumItIsZero) {
  test::VolumeContent without = volume(2, 40, 60);
  without.max.reset();
  write("knee_singlecoil_val/c.h5", without);
  prepare_fastmri(source(), out(), kSmall);
  const std::int64_t first[] = {0};
  expect_slice(SliceSet(out() / "held_back", "test", "").gather(first), 0, without, 0,
               evaluation_draws(40));
}

TEST_F(FastMriData, AModelTrainsOnItAndIsEvaluated) {
  prepare_fastmri(source(), out(), kSmall);
  const auto workload = make({.channels = 2, .pool_levels = 2});
  const auto training = workload->open_training(out() / "training");
  const auto evaluation = workload->open_evaluation(out() / "held_back");
  const auto model = workload->make_model(at::kCPU);
  model->initialize(1);
  const std::int64_t indices[] = {5, 0};
  const Batch batch = training->gather(indices, 1);
  const auto loss = [&] { return workload->loss(batch, model->forward(batch, {}), 0).mean(); };
  const double before = loss().item<double>();
  loss().backward();
  {
    const at::NoGradGuard no_grad;
    for (const auto& parameter : model->parameters()) {
      at::Tensor tensor = parameter.tensor;
      tensor.sub_(tensor.grad(), 0.01);
    }
  }
  EXPECT_LT(loss().item<double>(), before);
  for (const Split split : {Split::train_subset, Split::validation, Split::test}) {
    const auto metrics = evaluation->evaluate(*model, split, 2);
    EXPECT_GT(metrics.at("ssim"), -1);
    EXPECT_LT(metrics.at("ssim"), 1);
    EXPECT_GT(metrics.at("loss"), 0);
  }
}

TEST_F(FastMriData, WhatAnInterruptedCallFinishedIsKept) {
  prepare_fastmri(source(), out(), kSmall);
  const auto again = folder_.path() / "again";
  const fs::path first = "training/train-00000-of-00002.safetensors";
  fs::create_directories(again / "training");
  fs::copy_file(out() / first, again / first);
  const auto made = fs::last_write_time(again / first);
  std::ofstream(again / "training/train-00001-of-00002.safetensors.partial") << "cut sh";
  prepare_fastmri(source(), again, kSmall);
  EXPECT_EQ(fs::last_write_time(again / first), made);
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(out())) {
    if (!entry.is_regular_file()) continue;
    ++files;
    EXPECT_TRUE(bytes_of(entry) == bytes_of(again / fs::relative(entry, out()))) << entry;
  }
  EXPECT_EQ(files, 5);
}

TEST_F(FastMriData, TheEstimateIsWhatIsWritten) {
  prepare_fastmri(source(), out(), kSmall);
  double written = 0;
  for (const auto& entry : fs::recursive_directory_iterator(out())) {
    if (entry.is_regular_file()) written += static_cast<double>(entry.file_size());
  }
  EXPECT_NEAR(static_cast<double>(bytes_of_fastmri(source(), kSmall)), written, 5 * 700);
}

TEST_F(FastMriData, MissingFoldersAndVolumesAreNamed) {
  EXPECT_THAT(refusal({.image_size = 32, .validation_volumes = 3}),
              HasSubstr("knee_singlecoil_val: holds 3 volumes, expected more than 3, the rest is "
                        "the test split; docs/data/fastmri.md says how the folder must lie"));
  EXPECT_THAT(refusal({.validation_volumes = 2}),
              HasSubstr("file1.h5: its reconstructions are 32 x 32, expected 320 x 320"));
  fs::remove_all(source() / "knee_singlecoil_val");
  EXPECT_THAT(refusal(), HasSubstr("knee_singlecoil_val: is not there"));
  for (const char* name : {"file1.h5", "file2.h5", "file3.h5"}) {
    fs::remove(source() / "knee_singlecoil_train" / name);
  }
  EXPECT_THAT(refusal(), HasSubstr("knee_singlecoil_train: holds no .h5 file"));
}

TEST_F(FastMriData, MalformedVolumesAreNamed) {
  struct Case {
    test::VolumeContent content;
    const char* message;
  };
  const test::VolumeContent right = volume(2, 48, 1);
  const Case cases[] = {
      {{.kspace = right.kspace, .target = right.target, .kspace_name = "k"},
       "file1.h5: has no data set 'kspace'; docs/data/fastmri.md says what a volume holds"},
      {{.kspace = right.kspace[0], .target = right.target},
       "'kspace' has 2 dimensions, expected slices, height and width"},
      {{.kspace = at::real(right.kspace), .target = right.target},
       "'kspace' does not hold complex numbers"},
      {{.kspace = right.kspace.narrow(0, 0, 1), .target = right.target},
       "'kspace' is 1 x 64 x 48, 'reconstruction_esc' 2 x 32 x 32; expected as many slices"},
      {{.kspace = right.kspace.narrow(1, 0, 30), .target = right.target}, "none smaller"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.message);
    write("knee_singlecoil_train/file1.h5", one.content);
    EXPECT_THAT(refusal(), HasSubstr(one.message));
  }
  const auto file = source() / "knee_singlecoil_train/file1.h5";
  std::ofstream(file) << "no volume";
  EXPECT_THAT(refusal(), HasSubstr("file1.h5: is no whole HDF5 file"));
  write("knee_singlecoil_train/file1.h5", volume(2, 48, 1));
  fs::resize_file(file, fs::file_size(file) / 2);
  EXPECT_THAT(refusal(), HasSubstr("file1.h5: "));
}

}  // namespace
}  // namespace timetrial::unet
