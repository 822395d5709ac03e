#pragma once
// What a reference computed is recorded in two files beside each other, NAME.safetensors with the
// tensors and NAME.json with the rest. A user may name either.

#include <filesystem>

namespace timetrial::jsonfile {

struct RecordedPair {
  std::filesystem::path tensors;  ///< NAME.safetensors
  std::filesystem::path rest;     ///< NAME.json
};

/// Both files of the record that `either` belongs to; whether they are there is not looked at.
/// Throws InputError for a path with another ending.
RecordedPair recorded_pair(const std::filesystem::path& either);

}  // namespace timetrial::jsonfile
