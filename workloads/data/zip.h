#pragma once
// Zip archives of one file.

#include <filesystem>
#include <string>

namespace timetrial::data {

/// The unpacked bytes of the first file of an archive. Throws DataError naming the file, and ending
/// with `remedy`, when it is missing, is no zip archive, has no file, or is damaged.
std::string read_zip(const std::filesystem::path& file, const std::string& remedy);

}  // namespace timetrial::data
