#pragma once
// A file that is there whole or not at all.

#include <filesystem>
#include <string>

namespace timetrial::cli {

/// Written beside its place, then moved there. Throws std::runtime_error naming file and reason.
void write_whole(const std::filesystem::path& file, const std::string& text);

}  // namespace timetrial::cli
