// From the folder that the user brings to shards of encoded images.
#include "workloads/data/image_decoding.h"
#include "workloads/data/records.h"
#include "workloads/data/subset.h"
#include "workloads/imagenet/imagenet.h"
#include "workloads/imagenet/layout.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace timetrial::imagenet {
namespace {

namespace fs = std::filesystem;

struct Listings {
  Listing training, validation, test;
};

void expect_count(const Listing& listing, std::int64_t expected, const std::string& what) {
  if (listing.count() == expected) return;
  throw workloads::DataError(listing.folders.front().parent_path().string() + ": " +
                             std::to_string(listing.count()) + " " + what + ", expected " +
                             std::to_string(expected) +
                             "; unpack the archives again (docs/data/imagenet.md)");
}

Listings list(const fs::path& source, const Counts& counts) {
  const auto classes = class_names(source, counts.classes);
  Listings found;
  // The small ones first, so that what is missing shows before a million files were listed.
  found.test = list_test(source, counts.classes);
  expect_count(found.test, counts.test, "test images");
  found.validation = list_validation(source, classes);
  expect_count(found.validation, counts.validation, "validation images");
  found.training = list_training(source, classes);
  expect_count(found.training, counts.training, "training images");
  return found;
}

/// Training images by chance, the same ones every time.
Listing subset_of(const Listing& training, std::int64_t count) {
  Listing subset;
  subset.folders = training.folders;
  for (const std::int64_t image : data::subset(training.count(), count, "imagenet train subset")) {
    const auto i = static_cast<std::size_t>(image);
    subset.names.push_back(training.names[i]);
    subset.folder.push_back(training.folder[i]);
    subset.labels.push_back(training.labels[i]);
    subset.sizes.push_back(training.sizes[i]);
  }
  return subset;
}

/// The file's bytes, once its header is known to be that of an image.
std::string read_image(const fs::path& file) {
  std::ostringstream out;
  out << std::ifstream(file, std::ios::binary).rdbuf();
  std::string bytes = std::move(out).str();
  data::EncodedImage(std::as_bytes(std::span(bytes)), file.string());
  return bytes;
}

void write(data::Preparation& preparation, const fs::path& stem, const Listing& listing) {
  const at::Tensor labels = at::empty({listing.count()}, at::kShort);
  std::copy(listing.labels.begin(), listing.labels.end(), labels.mutable_data_ptr<std::int16_t>());
  data::write_records(preparation, stem, listing.sizes, {{"labels", labels}},
                      [&](std::int64_t i) { return read_image(listing.path(i)); });
}

}  // namespace

void prepare(const fs::path& source, const fs::path& out, const Counts& counts) {
  const Listings found = list(source, counts);
  const Listing subset = subset_of(found.training, counts.train_subset);
  data::Preparation preparation(
      out, "images",
      found.training.count() + subset.count() + found.validation.count() + found.test.count());
  write(preparation, "held_back/test", found.test);
  write(preparation, "held_back/validation", found.validation);
  write(preparation, "held_back/train_subset", subset);
  write(preparation, "training/images", found.training);
}

std::uint64_t bytes_to_prepare(const fs::path& source, const Counts& counts) {
  const Listings found = list(source, counts);
  std::uint64_t bytes = 0;
  for (const Listing& listing : {found.training, subset_of(found.training, counts.train_subset),
                                 found.validation, found.test}) {
    bytes += data::bytes_of_records(listing.sizes) + 2 * listing.sizes.size();
  }
  return bytes;
}

}  // namespace timetrial::imagenet
