#pragma once
// ImageNet and ImageNet-v2 of three classes as they lie on disk, from a handful of encoded images.

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

#include "workloads/imagenet/imagenet.h"

namespace timetrial::test {

inline constexpr std::array<const char*, 3> kClasses = {"n01440764", "n01443537", "n01484850"};
inline constexpr imagenet::Counts kSmallCounts = {
    .classes = 3, .training = 12, .validation = 6, .test = 3, .train_subset = 5};

/// One of the files that every kind of is in: JPEG in colour, grey, CMYK, progressive, and PNG.
inline std::filesystem::path encoded_image(int i) {
  static constexpr std::array<const char*, 6> kNames = {
      "quarter.jpg", "grey.jpg", "cmyk.jpg", "progressive.jpg", "colour.png", "full.jpg"};
  return std::filesystem::path(TIMETRIAL_SOURCE_DIR) / "tests/workloads/data/fixtures/encoded" /
         kNames[static_cast<std::size_t>(i) % kNames.size()];
}

inline void put_image(const std::filesystem::path& file, int i) {
  std::filesystem::create_directories(file.parent_path());
  std::filesystem::copy_file(encoded_image(i), file);
}

/// Four training, two validation images and one of test in each class.
inline void write_small_imagenet(const std::filesystem::path& root) {
  int number = 0;
  for (std::size_t label = 0; label < kClasses.size(); ++label) {
    const std::string name = kClasses[label];
    for (int i = 0; i < 4; ++i) {
      put_image(root / "train" / name / (name + "_" + std::to_string(i) + ".JPEG"), number++);
    }
    for (int i = 0; i < 2; ++i) {
      put_image(root / "val" / name / ("ILSVRC2012_val_0000000" + std::to_string(i) + ".JPEG"),
                number++);
    }
    put_image(root / "imagenetv2-matched-frequency-format-val" / std::to_string(label) / "a.jpeg",
              number++);
  }
}

}  // namespace timetrial::test
