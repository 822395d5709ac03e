#pragma once
// How ImageNet and ImageNet-v2 lie on their user's disk (docs/data/imagenet.md), and which image
// has which label. The order of images does not depend on the file system.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace timetrial::imagenet {

/// The images of one split, in order: by label, within it by name, or by name alone if they lie in
/// one folder.
struct Listing {
  std::vector<std::filesystem::path> folders;
  std::vector<std::string> names;
  std::vector<std::uint32_t> folder;  ///< of each image, an index into `folders`
  std::vector<std::int16_t> labels;
  std::vector<std::uint64_t> sizes;  ///< bytes of each file

  std::int64_t count() const { return static_cast<std::int64_t>(names.size()); }
  std::filesystem::path path(std::int64_t image) const {
    const auto i = static_cast<std::size_t>(image);
    return folders[folder[i]] / names[i];
  }
};

/// The classes' names (WordNet ids, such as n01440764): the folders of <root>/train, sorted. The
/// place in this order is the label. Throws workloads::DataError unless there are `classes`.
std::vector<std::string> class_names(const std::filesystem::path& root, std::int64_t classes);

// Throw workloads::DataError naming what is missing first: a folder, a class without images, an
// image without a label.

/// <root>/train/<class>/*.JPEG
Listing list_training(const std::filesystem::path& root, const std::vector<std::string>& classes);
/// <root>/val/<class>/*.JPEG; or <root>/val/*.JPEG with <root>/LOC_val_solution.csv, which names
/// the class of each, as the archives of the ILSVRC and of Kaggle have it.
Listing list_validation(const std::filesystem::path& root, const std::vector<std::string>& classes);
/// <root>/imagenetv2-matched-frequency-format-val/<label>/*.jpeg, label from 0 on.
Listing list_test(const std::filesystem::path& root, std::int64_t classes);

}  // namespace timetrial::imagenet
