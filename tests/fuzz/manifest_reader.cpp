#include "harness/manifest/manifest.h"
#include "harness/trial/error.h"
#include "tests/fuzz/file_readers.h"
#include "tests/fuzz/promise.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace timetrial::fuzz {
namespace {

/// Removed when the process ends.
class Folder {
 public:
  Folder() {
    auto name = (std::filesystem::temp_directory_path() / "manifest-XXXXXX").string();
    require(mkdtemp(name.data()) != nullptr, "a temporary folder");
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

void read_manifest(std::string_view bytes) {
  static const Folder folder;
  std::ofstream(folder.path() / manifest::kFileName, std::ios::binary) << bytes;
  try {
    const auto manifest = manifest::read(folder.path());
    require(manifest::data_hash(manifest).size() == 64, "a manifest has a hash");
    manifest::differences(folder.path(), manifest);
  } catch (const InputError&) {
    // An answer: names in it are the file's, line breaks included.
  }
}

}  // namespace timetrial::fuzz
