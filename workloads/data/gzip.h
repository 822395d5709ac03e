#pragma once
// Whole gzip files (dictzip's .dz is one too).

#include <filesystem>
#include <string>

namespace timetrial::data {

/// The unpacked bytes. Throws DataError naming the file when it is missing, is no gzip file, or
/// ends early.
std::string read_gzip(const std::filesystem::path& file);

}  // namespace timetrial::data
