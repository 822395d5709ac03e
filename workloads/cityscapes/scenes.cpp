#include "workloads/cityscapes/scenes.h"

#include "workloads/cityscapes/cityscapes.h"
#include "workloads/data/npy.h"
#include "workloads/data/preparation.h"
#include "workloads/data/subset.h"
#include "workloads/multitask/task_table.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <sstream>

namespace timetrial::cityscapes {
namespace {

namespace fs = std::filesystem;

constexpr char kHow[] = "docs/data/cityscapes.md says how the folder must lie";
constexpr const char* kParts[] = {"image", "label", "depth"};

[[noreturn]] void refuse(const fs::path& place, const std::string& problem) {
  throw workloads::DataError(place.string() + ": " + problem + "; " + kHow);
}

/// Numbers of scenes of <folder>/image, label and depth, each <number>.npy.
using Scenes = std::vector<std::int64_t>;

struct Parts {
  Scenes training, validation, test;
};

void expect_scenes(const fs::path& folder, std::int64_t count) {
  for (const char* part : kParts) {
    for (std::int64_t i = 0; i < count; ++i) {
      const fs::path file = folder / part / (std::to_string(i) + ".npy");
      if (!fs::is_regular_file(file)) {
        refuse(file, "no such file; expected 0.npy to " + std::to_string(count - 1) + ".npy");
      }
    }
    const fs::path more = folder / part / (std::to_string(count) + ".npy");
    if (fs::exists(more)) refuse(more, "expected no more than " + std::to_string(count) + " files");
  }
}

Parts list(const fs::path& source, const Counts& counts) {
  expect_scenes(source / "val", counts.test);
  const std::int64_t all = counts.training + counts.validation;
  expect_scenes(source / "train", all);
  Parts parts;
  parts.validation = data::subset(all, counts.validation, "cityscapes validation");
  std::sort(parts.validation.begin(), parts.validation.end());
  for (std::int64_t i = 0; i < all; ++i) {
    if (!std::binary_search(parts.validation.begin(), parts.validation.end(), i)) {
      parts.training.push_back(i);
    }
  }
  for (std::int64_t i = 0; i < counts.test; ++i) parts.test.push_back(i);
  return parts;
}

Scenes train_subset(const Parts& parts) {
  const auto count = static_cast<std::int64_t>(parts.training.size());
  const auto wanted = std::min(count, static_cast<std::int64_t>(parts.validation.size()));
  Scenes chosen;
  for (const std::int64_t i : data::subset(count, wanted, "cityscapes train subset")) {
    chosen.push_back(parts.training[static_cast<std::size_t>(i)]);
  }
  return chosen;
}

std::string text_of(at::IntArrayRef shape) {
  std::ostringstream text;
  text << shape;
  return text.str();
}

/// [128, 256, channels], also from an array whose last dimension of 1 is left out.
at::Tensor read(const fs::path& file, std::int64_t channels) {
  at::Tensor array = data::read_npy(file, kHow);
  if (array.dim() == 2) array = array.unsqueeze(2);
  if (array.sizes() != at::IntArrayRef({kHeight, kWidth, channels})) {
    refuse(file, "has the shape " + text_of(array.sizes()) + ", expected " +
                     text_of({kHeight, kWidth, channels}));
  }
  array = array.to(at::kFloat);
  if (!array.isfinite().all().item<bool>()) refuse(file, "has values that are not finite");
  return array;
}

at::Tensor read_classes(const fs::path& file) {
  const at::Tensor classes = read(file, 1).squeeze(2);
  const bool whole = classes.floor().equal(classes);
  if (whole && classes.max().item<float>() < kClasses) return classes;
  refuse(file, "has a class that is none of 0 to " + std::to_string(kClasses - 1) +
                   "; below 0 stands for none");
}

at::Tensor read_depth(const fs::path& file) {
  const at::Tensor depth = read(file, 1).squeeze(2);
  if (depth.min().item<float>() < 0) refuse(file, "has an inverse depth below 0");
  return depth;
}

void write(data::Preparation& preparation, const fs::path& name, const fs::path& folder,
           const Scenes& scenes) {
  const auto count = static_cast<std::int64_t>(scenes.size());
  preparation.file(name, count, [&](const fs::path& partial) {
    const at::Tensor images = at::empty({count, kHeight, kWidth, 3});
    const at::Tensor targets = at::empty({count, 2, kHeight, kWidth});
    for (std::int64_t i = 0; i < count; ++i) {
      const std::string file = std::to_string(scenes[static_cast<std::size_t>(i)]) + ".npy";
      images[i].copy_(read(folder / "image" / file, 3));
      targets[i][0].copy_(read_classes(folder / "label" / file));
      targets[i][1].copy_(read_depth(folder / "depth" / file));
      preparation.advance();
    }
    multitask::write_file(partial, {images, targets, {}});
  });
}

}  // namespace

void prepare(const fs::path& source, const fs::path& out, const Counts& counts) {
  const Parts parts = list(source, counts);
  const Scenes subset = train_subset(parts);
  data::Preparation preparation(
      out, "scenes",
      static_cast<std::int64_t>(parts.training.size() + subset.size() + parts.validation.size() +
                                parts.test.size()));
  write(preparation, "held_back/test.safetensors", source / "val", parts.test);
  write(preparation, "held_back/validation.safetensors", source / "train", parts.validation);
  write(preparation, "held_back/train_subset.safetensors", source / "train", subset);
  write(preparation, "training/train.safetensors", source / "train", parts.training);
}

std::uint64_t bytes_to_prepare(const fs::path& source, const Counts& counts) {
  const Parts parts = list(source, counts);
  constexpr std::uint64_t kBytes = kHeight * kWidth * (3 + 2) * sizeof(float);
  return kBytes * (parts.training.size() + train_subset(parts).size() + parts.validation.size() +
                   parts.test.size());
}

}  // namespace timetrial::cityscapes
