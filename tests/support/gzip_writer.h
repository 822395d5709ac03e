#pragma once
// Texts as gzip files, for tests of readers.

#include <zlib.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace timetrial::test {

/// Makes the folder too.
inline void write_gzip(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  gzFile out = gzopen(file.c_str(), "wb");
  const bool written =
      out != nullptr &&
      (text.empty() || gzwrite(out, text.data(), static_cast<unsigned>(text.size())) > 0);
  if (gzclose(out) != Z_OK || !written) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace timetrial::test
