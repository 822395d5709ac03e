#include "harness/cli/whole_file.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace timetrial::cli {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& reason) {
  throw std::runtime_error(fmt::format(
      "{}: cannot be written ({}); choose another place with --out", file.string(), reason));
}

}  // namespace

void write_whole(const std::filesystem::path& file, const std::string& text) {
  const std::filesystem::path part = file.string() + fmt::format(".{}.part", getpid());
  std::ofstream out(part, std::ios::binary);
  if (!out) fail(file, std::generic_category().message(errno));
  out << text;
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(part, file, error);
  if (!out || error) {
    const std::string reason = error ? error.message() : std::generic_category().message(errno);
    std::filesystem::remove(part, error);
    fail(file, reason);
  }
}

}  // namespace timetrial::cli
