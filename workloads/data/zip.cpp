#include "workloads/data/zip.h"

#include "workloads/workload.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace timetrial::data {

std::string read_zip(const std::filesystem::path& file, const std::string& remedy) {
  const std::unique_ptr<archive, int (*)(archive*)> zip(archive_read_new(), archive_read_free);
  archive_read_support_format_zip(zip.get());
  const auto check = [&](int code) {
    if (code == ARCHIVE_OK) return;
    const char* known = archive_error_string(zip.get());
    std::string reason = known ? known : "it has no file";
    std::replace(reason.begin(), reason.end(), '\n', ' ');  // it may quote names of the archive
    throw workloads::DataError(file.string() + ": is no whole zip archive: " + reason + remedy);
  };
  archive_entry* entry = nullptr;
  check(archive_read_open_filename(zip.get(), file.c_str(), /*block_size=*/1 << 16));
  check(archive_read_next_header(zip.get(), &entry));
  std::string text;
  std::vector<char> piece(1 << 16);
  while (true) {
    const auto count = archive_read_data(zip.get(), piece.data(), piece.size());
    if (count < 0) check(static_cast<int>(count));
    if (count <= 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace timetrial::data
