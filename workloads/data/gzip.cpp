#include "workloads/data/gzip.h"

#include "workloads/workload.h"

#include <zlib.h>

#include <cerrno>
#include <cstring>

namespace timetrial::data {
namespace {

using Handle = std::unique_ptr<gzFile_s, int (*)(gzFile)>;

std::string text_of_error(gzFile file) {
  int code = Z_OK;
  const char* text = gzerror(file, &code);
  return code == Z_ERRNO ? std::strerror(errno) : text;
}

}  // namespace

std::string read_gzip(const std::filesystem::path& file) {
  const Handle in(gzopen(file.c_str(), "rb"), gzclose_r);
  if (!in) {
    throw workloads::DataError(file.string() + ": " + std::strerror(errno) +
                               "; run scripts/setup.sh to fetch the packages");
  }
  std::string bytes;
  std::vector<char> piece(1 << 20);
  int count = 0;
  while ((count = gzread(in.get(), piece.data(), static_cast<unsigned>(piece.size()))) > 0) {
    // zlib hands a file that is not gzip through as it is.
    if (bytes.empty() && gzdirect(in.get()) != 0) {
      throw workloads::DataError(file.string() + ": is not a gzip file; fetch it again");
    }
    bytes.append(piece.data(), static_cast<std::size_t>(count));
  }
  int code = Z_OK;
  gzerror(in.get(), &code);
  if (count < 0 || code != Z_OK) {
    throw workloads::DataError(file.string() + ": cannot be unpacked after " +
                               std::to_string(bytes.size()) + " bytes: " + text_of_error(in.get()) +
                               "; fetch it again");
  }
  return bytes;
}

}  // namespace timetrial::data
