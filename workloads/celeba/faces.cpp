#include "workloads/celeba/faces.h"

#include "workloads/data/image_decoding.h"
#include "workloads/data/image_resize.h"
#include "workloads/data/preparation.h"
#include "workloads/data/subset.h"
#include "workloads/multitask/task_table.h"

#include <ATen/ops/empty.h>

#include <fstream>
#include <map>
#include <sstream>

namespace timetrial::celeba {
namespace {

namespace fs = std::filesystem;

constexpr auto kCount = static_cast<std::int64_t>(kAttributes.size());
constexpr char kHow[] = "; docs/data/celeba.md says how the folder must lie";

[[noreturn]] void refuse(const std::string& place, const std::string& problem) {
  throw workloads::DataError(place + ": " + problem + kHow);
}

struct Face {
  std::string name;
  std::array<bool, kAttributes.size()> has = {};
};

/// Faces of one part of the data, in the order of the lists.
using Faces = std::vector<Face>;

struct Parts {
  Faces training, validation, test;
};

/// A list, of the folder itself or the one of the archive that it came in.
fs::path list_file(const fs::path& source, const char* archive_folder, const char* name) {
  for (const fs::path& file : {source / name, source / archive_folder / name}) {
    if (fs::is_regular_file(file)) return file;
  }
  refuse((source / name).string(), "no such file");
}

fs::path image_folder(const fs::path& source) {
  for (const fs::path& folder : {source / "img_align_celeba", source / "Img/img_align_celeba"}) {
    if (fs::is_directory(folder)) return folder;
  }
  refuse((source / "img_align_celeba").string(), "no such folder");
}

std::string place(const fs::path& file, std::int64_t line) {
  return file.string() + ":" + std::to_string(line);
}

/// The second line of the file has the names.
void expect_names(const fs::path& file, const std::string& line) {
  std::istringstream words(line);
  for (const char* expected : kAttributes) {
    std::string name;
    words >> name;
    if (name == expected) continue;
    refuse(place(file, 2), "attribute '" + name + "', expected '" + expected + "'");
  }
}

/// list_attr_celeba.txt: a count, the names, and a line for each face with 1 or -1 forty times.
Faces read_attributes(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  std::getline(in, line);
  expect_names(file, line);
  Faces faces;
  for (std::int64_t number = 3; std::getline(in, line); ++number) {
    std::istringstream words(line);
    Face face;
    if (!(words >> face.name)) continue;
    for (bool& has : face.has) {
      int value = 0;
      if (!(words >> value) || (value != 1 && value != -1)) {
        refuse(place(file, number), "expected a file name and 40 times 1 or -1");
      }
      has = value == 1;
    }
    faces.push_back(std::move(face));
  }
  return faces;
}

/// list_eval_partition.txt: a line for each face, "000001.jpg 0" for training, 1 validation, 2
/// test.
std::map<std::string, int> read_partition(const fs::path& file) {
  std::ifstream in(file);
  std::map<std::string, int> parts;
  std::string line;
  for (std::int64_t number = 1; std::getline(in, line); ++number) {
    std::istringstream words(line);
    std::string name;
    int part = -1;
    if (!(words >> name)) continue;
    if (!(words >> part) || part < 0 || part > 2) {
      refuse(place(file, number), "expected a file name and 0, 1 or 2");
    }
    parts[name] = part;
  }
  return parts;
}

void expect_count(const fs::path& file, const Faces& faces, std::int64_t expected,
                  const char* what) {
  if (static_cast<std::int64_t>(faces.size()) == expected) return;
  refuse(file.string(), std::to_string(faces.size()) + " faces of " + what + ", expected " +
                            std::to_string(expected));
}

Parts list(const fs::path& source, const Counts& counts) {
  const fs::path attributes = list_file(source, "Anno", "list_attr_celeba.txt");
  const fs::path partition = list_file(source, "Eval", "list_eval_partition.txt");
  const auto part_of = read_partition(partition);
  Parts parts;
  for (Face& face : read_attributes(attributes)) {
    const auto found = part_of.find(face.name);
    if (found == part_of.end()) refuse(partition.string(), "no line for " + face.name);
    Faces& faces = found->second == 0   ? parts.training
                   : found->second == 1 ? parts.validation
                                        : parts.test;
    faces.push_back(std::move(face));
  }
  expect_count(partition, parts.training, counts.training, "training");
  expect_count(partition, parts.validation, counts.validation, "validation");
  expect_count(partition, parts.test, counts.test, "test");
  return parts;
}

Faces train_subset(const Parts& parts) {
  Faces chosen;
  const auto count = static_cast<std::int64_t>(parts.training.size());
  const auto wanted = std::min(count, static_cast<std::int64_t>(parts.validation.size()));
  for (const std::int64_t i : data::subset(count, wanted, "celeba train subset")) {
    chosen.push_back(parts.training[static_cast<std::size_t>(i)]);
  }
  return chosen;
}

at::Tensor read_image(const fs::path& file) {
  std::ostringstream out;
  out << std::ifstream(file, std::ios::binary).rdbuf();
  const std::string bytes = std::move(out).str();
  if (bytes.empty()) refuse(file.string(), "no such image, or an empty one");
  const data::EncodedImage image(std::as_bytes(std::span(bytes)), file.string());
  return data::resize_bilinear(image.decode(), kSide, kSide);
}

void write(data::Preparation& preparation, const fs::path& name, const fs::path& images,
           const Faces& faces) {
  const auto count = static_cast<std::int64_t>(faces.size());
  preparation.file(name, count, [&](const fs::path& partial) {
    const at::Tensor pixels = at::empty({count, kSide, kSide, 3}, at::kByte);
    const at::Tensor targets = at::empty({count, kCount}, at::kLong);
    auto* target = targets.mutable_data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < count; ++i) {
      const Face& face = faces[static_cast<std::size_t>(i)];
      pixels[i].copy_(read_image(images / face.name));
      for (const bool has : face.has) *target++ = has ? 1 : 0;
      preparation.advance();
    }
    multitask::write_file(partial, {pixels, targets, {}});
  });
}

}  // namespace

void prepare(const fs::path& source, const fs::path& out, const Counts& counts) {
  const fs::path images = image_folder(source);
  const Parts parts = list(source, counts);
  const Faces subset = train_subset(parts);
  data::Preparation preparation(
      out, "images",
      static_cast<std::int64_t>(parts.training.size() + subset.size() + parts.validation.size() +
                                parts.test.size()));
  write(preparation, "held_back/test.safetensors", images, parts.test);
  write(preparation, "held_back/validation.safetensors", images, parts.validation);
  write(preparation, "held_back/train_subset.safetensors", images, subset);
  write(preparation, "training/train.safetensors", images, parts.training);
}

std::uint64_t bytes_to_prepare(const fs::path& source, const Counts& counts) {
  image_folder(source);
  const Parts parts = list(source, counts);
  constexpr std::uint64_t kBytes = kSide * kSide * 3 + kCount * sizeof(std::int64_t);
  return kBytes * (parts.training.size() + train_subset(parts).size() + parts.validation.size() +
                   parts.test.size());
}

}  // namespace timetrial::celeba
