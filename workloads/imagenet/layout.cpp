#include "workloads/imagenet/layout.h"

#include "workloads/workload.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <map>
#include <utility>

namespace timetrial::imagenet {
namespace {

namespace fs = std::filesystem;

constexpr char kHow[] = "; docs/data/imagenet.md says how the folder must lie";

[[noreturn]] void refuse(const fs::path& place, const std::string& problem) {
  throw workloads::DataError(place.string() + ": " + problem + kHow);
}

void expect_folder(const fs::path& folder, const std::string& expected) {
  if (!fs::is_directory(folder)) refuse(folder, "no such folder; expected " + expected);
}

bool is_image(const fs::path& file) {
  std::string extension = file.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".jpeg" || extension == ".jpg" || extension == ".png";
}

/// Names and sizes of the images in a folder, by name.
std::vector<std::pair<std::string, std::uint64_t>> images_in(const fs::path& folder) {
  std::vector<std::pair<std::string, std::uint64_t>> images;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (is_image(entry.path()) && entry.is_regular_file()) {
      images.emplace_back(entry.path().filename().string(), entry.file_size());
    }
  }
  std::sort(images.begin(), images.end());
  return images;
}

void add(Listing& listing, std::string name, std::uint64_t size, std::size_t label) {
  listing.names.push_back(std::move(name));
  listing.folder.push_back(static_cast<std::uint32_t>(listing.folders.size() - 1));
  listing.labels.push_back(static_cast<std::int16_t>(label));
  listing.sizes.push_back(size);
}

Listing list_folders(const fs::path& folder, const std::vector<std::string>& classes) {
  Listing listing;
  for (std::size_t label = 0; label < classes.size(); ++label) {
    listing.folders.push_back(folder / classes[label]);
    expect_folder(listing.folders.back(), "one folder for each of the classes");
    const auto before = listing.count();
    for (auto& [name, size] : images_in(listing.folders.back())) {
      add(listing, std::move(name), size, label);
    }
    if (listing.count() == before) refuse(listing.folders.back(), "no image in it");
  }
  return listing;
}

/// From lines such as "ILSVRC2012_val_00048981,n03995372 85 1 499 272": the first class of each.
std::map<std::string, std::string> read_solution(const fs::path& file) {
  std::ifstream in(file);
  if (!in) {
    refuse(file,
           "no such file; expected class folders in val, or this file with the class of each "
           "of its images");
  }
  std::map<std::string, std::string> classes;
  std::string line;
  for (std::int64_t number = 1; std::getline(in, line); ++number) {
    if (number == 1 && line.starts_with("ImageId")) continue;
    const auto comma = line.find(',');
    if (comma == std::string::npos) {
      refuse(file.string() + ":" + std::to_string(number), "expected image,class");
    }
    const auto end = line.find_first_of(" \r", comma);
    classes[line.substr(0, comma)] =
        line.substr(comma + 1, end == std::string::npos ? end : end - comma - 1);
  }
  return classes;
}

Listing list_flat(const fs::path& root, const std::vector<std::string>& classes) {
  const fs::path solution = root / "LOC_val_solution.csv";
  const auto class_of = read_solution(solution);
  Listing listing;
  listing.folders.push_back(root / "val");
  for (auto& [name, size] : images_in(listing.folders.back())) {
    const auto found = class_of.find(fs::path(name).stem().string());
    if (found == class_of.end()) refuse(solution, "no line for val/" + name);
    const auto label = std::lower_bound(classes.begin(), classes.end(), found->second);
    if (label == classes.end() || *label != found->second) {
      refuse(solution,
             "val/" + name + " is of class '" + found->second + "', which has no folder in train");
    }
    add(listing, std::move(name), size, static_cast<std::size_t>(label - classes.begin()));
  }
  if (listing.count() == 0) refuse(listing.folders.back(), "no image in it");
  return listing;
}

}  // namespace

std::vector<std::string> class_names(const fs::path& root, std::int64_t classes) {
  const fs::path train = root / "train";
  expect_folder(train, "train/<class>/*.JPEG");
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(train)) {
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  }
  if (std::ssize(names) != classes) {
    refuse(train, std::to_string(names.size()) + " folders, expected " + std::to_string(classes) +
                      ", one a class");
  }
  std::sort(names.begin(), names.end());
  return names;
}

Listing list_training(const fs::path& root, const std::vector<std::string>& classes) {
  return list_folders(root / "train", classes);
}

Listing list_validation(const fs::path& root, const std::vector<std::string>& classes) {
  const fs::path val = root / "val";
  expect_folder(val, "val/<class>/*.JPEG");
  const auto begin = fs::directory_iterator(val);
  const bool folders =
      std::any_of(begin, fs::end(begin), [](const auto& entry) { return entry.is_directory(); });
  return folders ? list_folders(val, classes) : list_flat(root, classes);
}

Listing list_test(const fs::path& root, std::int64_t classes) {
  const fs::path folder = root / "imagenetv2-matched-frequency-format-val";
  expect_folder(folder, "ImageNet-v2, unpacked");
  std::vector<std::string> labels;
  for (std::int64_t label = 0; label < classes; ++label) labels.push_back(std::to_string(label));
  return list_folders(folder, labels);
}

}  // namespace timetrial::imagenet
