#include "workloads/unet/fastmri_preparation.h"

#include <algorithm>
#include <string>
#include <vector>

#include "workloads/data/preparation.h"
#include "workloads/unet/fastmri_slice.h"
#include "workloads/unet/fastmri_volume.h"
#include "workloads/unet/slice_set.h"
#include "workloads/workload.h"

namespace timetrial::unet {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCommand = "timetrial data prepare fastmri";
constexpr const char* kRemedy = "; docs/data/fastmri.md says how the folder must lie";
// AlgoPerf's training masks depend on its trial's seed; these are the same in every trial.
constexpr std::uint64_t kMaskSeed = 0;

struct VolumeFile {
  fs::path path;
  std::int64_t slices = 0;
  std::int64_t first = 0;  ///< slices of the split before this volume
};

struct Split {
  std::string name;  ///< of its shards
  fs::path folder;   ///< below the prepared data
  bool training = false;
  std::vector<VolumeFile> volumes;

  std::int64_t slices() const {
    return volumes.empty() ? 0 : volumes.back().first + volumes.back().slices;
  }
};

/// The volumes of a folder, by name.
std::vector<fs::path> list(const fs::path& folder) {
  if (!fs::is_directory(folder)) {
    throw workloads::DataError(folder.string() + ": is not there" + kRemedy);
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".h5") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    throw workloads::DataError(folder.string() + ": holds no .h5 file" + kRemedy);
  }
  return files;
}

void add_volume(Split& split, const fs::path& path, const FastMriLayout& layout) {
  const FastMriVolume volume(path);
  const std::int64_t size = layout.image_size;
  if (volume.target_height() != size || volume.target_width() != size) {
    throw workloads::DataError(
        path.string() + ": its reconstructions are " + std::to_string(volume.target_height()) +
        " x " + std::to_string(volume.target_width()) + ", expected " + std::to_string(size) +
        " x " + std::to_string(size) + "; docs/data/fastmri.md says what a volume holds");
  }
  split.volumes.push_back({path, volume.slices(), split.slices()});
}

struct Splits {
  Split training{"train", "training", true, {}}, validation{"validation", "held_back", false, {}},
      test{"test", "held_back", false, {}};
  std::int64_t subset = 0;  ///< training slices that are evaluated

  std::int64_t slices() const {
    return training.slices() + validation.slices() + test.slices() + subset;
  }
};

Splits look(const fs::path& source, const FastMriLayout& layout) {
  const auto training = list(source / "knee_singlecoil_train");
  const auto held_back = list(source / "knee_singlecoil_val");
  if (std::ssize(held_back) <= layout.validation_volumes) {
    throw workloads::DataError((source / "knee_singlecoil_val").string() + ": holds " +
                               std::to_string(held_back.size()) + " volumes, expected more than " +
                               std::to_string(layout.validation_volumes) +
                               ", the rest is the test split" + kRemedy);
  }
  Splits splits;
  for (const fs::path& path : training) add_volume(splits.training, path, layout);
  for (const fs::path& path : held_back) {
    const bool validates = std::ssize(splits.validation.volumes) < layout.validation_volumes;
    add_volume(validates ? splits.validation : splits.test, path, layout);
  }
  splits.subset = std::min(layout.train_subset, splits.training.slices());
  return splits;
}

/// Whole volumes, in order, up to the layout's number of slices (or one volume, if it has more).
std::vector<std::vector<VolumeFile>> shards_of(const Split& split, const FastMriLayout& layout) {
  std::vector<std::vector<VolumeFile>> shards;
  std::int64_t filled = 0;
  for (const VolumeFile& volume : split.volumes) {
    if (shards.empty() || filled + volume.slices > layout.slices_per_shard) {
      shards.emplace_back();
      filled = 0;
    }
    shards.back().push_back(volume);
    filled += volume.slices;
  }
  return shards;
}

void write_shard(const fs::path& file, const std::vector<VolumeFile>& volumes, bool training,
                 const FastMriLayout& layout, data::Preparation& preparation) {
  const std::int64_t slices = volumes.back().first + volumes.back().slices - volumes.front().first;
  ShardBuilder shard(slices, layout.image_size, layout.image_size);
  for (const VolumeFile& one : volumes) {
    const FastMriVolume volume(one.path);
    for (std::int64_t i = 0; i < one.slices; ++i) {
      const at::Tensor kspace = volume.kspace(i);
      const auto place = static_cast<std::uint64_t>(one.first + i);
      const at::Tensor draws = training ? training_draws(kspace.size(1), kMaskSeed, place)
                                        : evaluation_draws(kspace.size(1));
      shard.add(process(kspace, volume.target(i), column_mask(draws)), volume.volume_max());
      preparation.advance();
    }
  }
  shard.write(file);
}

void write_split(const Split& split, const FastMriLayout& layout, data::Preparation& preparation) {
  const auto shards = shards_of(split, layout);
  for (std::size_t i = 0; i < shards.size(); ++i) {
    std::int64_t slices = 0;
    for (const VolumeFile& volume : shards[i]) slices += volume.slices;
    preparation.file(split.folder / shard_name(split.name, i, shards.size()), slices,
                     [&](const fs::path& partial) {
                       write_shard(partial, shards[i], split.training, layout, preparation);
                     });
  }
}

/// Evenly spread over training.
void write_subset(const fs::path& training_dir, std::int64_t subset, const FastMriLayout& layout,
                  data::Preparation& preparation) {
  const SliceSet training(training_dir, "train", kCommand);
  const std::int64_t most = layout.slices_per_shard;
  const auto shards = static_cast<std::size_t>((subset + most - 1) / most);
  for (std::size_t s = 0; s < shards; ++s) {
    const std::int64_t begin = static_cast<std::int64_t>(s) * most;
    const std::int64_t count = std::min(most, subset - begin);
    preparation.file(fs::path("held_back") / shard_name("train_subset", s, shards), count,
                     [&](const fs::path& partial) {
                       ShardBuilder shard(count, layout.image_size, layout.image_size);
                       for (std::int64_t i = begin; i < begin + count; ++i) {
                         const std::int64_t index[] = {i * training.size() / subset};
                         shard.add(training.gather(index), 0);
                         preparation.advance();
                       }
                       shard.write(partial);
                     });
  }
}

}  // namespace

void prepare_fastmri(const fs::path& source, const fs::path& out, const FastMriLayout& layout) {
  const Splits splits = look(source, layout);
  data::Preparation preparation(out, "slices", splits.slices());
  for (const Split* split : {&splits.training, &splits.validation, &splits.test}) {
    write_split(*split, layout, preparation);
  }
  write_subset(out / splits.training.folder, splits.subset, layout, preparation);
}

std::uint64_t bytes_of_fastmri(const fs::path& source, const FastMriLayout& layout) {
  const std::int64_t values = 2 * layout.image_size * layout.image_size + 3;
  return static_cast<std::uint64_t>(look(source, layout).slices() * values) * sizeof(float);
}

}  // namespace timetrial::unet
