#include "harness/manifest/manifest.h"
#include "harness/trial/error.h"
#include "tests/fuzz/file_readers.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/temporary_folder.h"

namespace timetrial::fuzz {

void read_manifest(std::string_view bytes) {
  static const TemporaryFolder folder;
  folder.write(manifest::kFileName, bytes);
  try {
    const auto manifest = manifest::read(folder.path());
    require(manifest::data_hash(manifest).size() == 64, "a manifest has a hash");
    manifest::differences(folder.path(), manifest);
  } catch (const InputError&) {
    // An answer: names in it are the file's, line breaks included.
  }
}

}  // namespace timetrial::fuzz
