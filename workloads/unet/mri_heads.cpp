// mri_heads_unet: heads of two template volumes with simulated measurements, split by head.
#include <timetrial/random.h>

#include "workloads/unet/head_volume.h"
#include "workloads/unet/reconstruction.h"
#include "workloads/unet/simulated_scan.h"
#include "workloads/unet/slice_set.h"

namespace timetrial::unet {
namespace {

constexpr std::int64_t kSize = 96;
constexpr std::int64_t kAxial = 2;
// Between validation and test, so that no slice has a neighbour in the other split.
constexpr std::size_t kGap = 10;
// Neighbours are alike: every third slice of the held-back head is evaluated.
constexpr std::size_t kStride = 3;
constexpr std::uint64_t kSeed = 2026;

const SliceSource& source() {
  static const SliceSource source{.dataset = "mri_heads",
                                  .prepare = "timetrial data prepare mri_heads_unet"};
  return source;
}

struct Place {
  std::int64_t axis = kAxial, index = 0;
};

/// A head and what is seen of it.
struct Scan {
  std::string name;
  at::Tensor head;
  std::int64_t factor = 0;  ///< to come to 2 mm
  std::vector<Place> places;
};

/// Images of all measurements share a range: that of the whole volume, as in fastMRI.
std::vector<at::Tensor> measurements(const Scan& scan) {
  std::vector<at::Tensor> all;
  for (const Place& place : scan.places) {
    const auto number = static_cast<std::uint64_t>(1000 * place.axis + place.index);
    all.push_back(
        simulate_scan(reduced_slice(scan.head, place.axis, place.index, scan.factor, kSize),
                      derive_seed(kSeed, scan.name, number)));
  }
  return all;
}

ShardBuilder reconstructions(const Scan& scan, bool training) {
  const std::vector<at::Tensor> kspaces = measurements(scan);
  std::vector<at::Tensor> images;
  double volume_max = 0;
  for (const at::Tensor& kspace : kspaces) {
    images.push_back(image_of_all(kspace));
    volume_max = std::max(volume_max, images.back().max().item<double>());
  }
  ShardBuilder shard(std::ssize(kspaces), kSize, kSize);
  for (std::size_t i = 0; i < kspaces.size(); ++i) {
    const at::Tensor draws = training ? training_draws(kSize, kSeed, i) : evaluation_draws(kSize);
    shard.add(process(kspaces[i], images[i], column_mask(draws)), volume_max);
  }
  return shard;
}

void expect_slices(const std::filesystem::path& file, std::size_t found, double expected) {
  if (std::abs(static_cast<double>(found) - expected) <= 0.02 * expected) return;
  throw workloads::DataError(
      file.string() + ": shows the head in " + std::to_string(found) + " slices, expected about " +
      std::to_string(static_cast<int>(expected)) + "; unpack its package again (scripts/setup.sh)");
}

/// Every axis of the training head.
Scan training_scan(const std::filesystem::path& packages) {
  const auto file = packages / "mricron-data/usr/share/mricron/templates/ch2better.nii.gz";
  Scan scan{"ch2better",
            read_head(file, "; unpack the package mricron-data again (scripts/setup.sh)"),
            4,
            {}};
  for (const std::int64_t axis : {0, 1, 2}) {
    for (const std::int64_t index : slices_with_signal(scan.head, axis)) {
      scan.places.push_back({axis, index});
    }
  }
  expect_slices(file, scan.places.size(), 836);
  return scan;
}

/// Axial slices of the other head: the lower block, then the upper one.
std::pair<Scan, Scan> held_back_scans(const std::filesystem::path& packages) {
  const auto file =
      packages / "nilearn/nilearn/datasets/data/mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz";
  const at::Tensor head = read_head(file, "; unpack the package nilearn again (scripts/setup.sh)");
  const auto indices = slices_with_signal(head, kAxial);
  expect_slices(file, indices.size(), 123);
  Scan lower{"icbm152", head, 2, {}}, upper = lower;
  const std::size_t block = (indices.size() - kGap) / 2;
  for (std::size_t i = 0; i < block; i += kStride) {
    lower.places.push_back({kAxial, indices[i]});
    upper.places.push_back({kAxial, indices[indices.size() - block + i]});
  }
  return {std::move(lower), std::move(upper)};
}

/// As many as validation has, evenly spread.
ShardBuilder subset(const std::filesystem::path& training_dir, std::int64_t count) {
  const SliceSet training(training_dir, "train", source().prepare);
  ShardBuilder shard(count, kSize, kSize);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t index[] = {i * training.size() / count};
    shard.add(training.gather(index), 0);
  }
  return shard;
}

class MriHeads final : public ReconstructionWorkload {
 public:
  explicit MriHeads(const Config& config) : ReconstructionWorkload(config, source()) {}

  void prepare(const std::filesystem::path& packages,
               const std::filesystem::path& out) const override {
    const Scan training = training_scan(packages);
    const auto [lower, upper] = held_back_scans(packages);
    const auto held_back = out / "held_back";
    reconstructions(training, true).write(out / "training" / shard_name("train", 0, 1));
    subset(out / "training", std::ssize(lower.places))
        .write(held_back / shard_name("train_subset", 0, 1));
    reconstructions(lower, false).write(held_back / shard_name("validation", 0, 1));
    reconstructions(upper, false).write(held_back / shard_name("test", 0, 1));
  }
};

std::unique_ptr<workloads::Workload> make_heads(const Config& config) {
  return std::make_unique<MriHeads>(config);
}

constexpr Config kMini{.channels = 8, .pool_levels = 3};

}  // namespace

TIMETRIAL_WORKLOAD("mri_heads_unet", make_heads, kMini);
TIMETRIAL_VARIANT("mri_heads_unet_tanh", "mri_heads_unet", make_heads,
                  Config{.channels = 8, .pool_levels = 3, .tanh = true});
TIMETRIAL_VARIANT("mri_heads_unet_layernorm", "mri_heads_unet", make_heads,
                  Config{.channels = 8, .pool_levels = 3, .layer_norm = true});
TIMETRIAL_VARIANT("mri_heads_unet_model_size", "mri_heads_unet", make_heads,
                  Config{.channels = 12, .pool_levels = 2});

}  // namespace timetrial::unet
