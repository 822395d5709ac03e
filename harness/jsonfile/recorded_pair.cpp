#include "harness/jsonfile/recorded_pair.h"

#include "harness/trial/error.h"

namespace timetrial::jsonfile {

RecordedPair recorded_pair(const std::filesystem::path& either) {
  if (either.extension() != ".safetensors" && either.extension() != ".json") {
    throw InputError(either.string() +
                     ": not a recorded case; name its .safetensors or the .json beside it");
  }
  return {std::filesystem::path(either).replace_extension(".safetensors"),
          std::filesystem::path(either).replace_extension(".json")};
}

}  // namespace timetrial::jsonfile
