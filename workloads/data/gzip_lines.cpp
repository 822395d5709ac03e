#include "workloads/data/gzip_lines.h"

#include <zlib.h>

#include <cerrno>
#include <cstring>

#include "workloads/workload.h"

namespace timetrial::data {
namespace {

constexpr std::size_t kPiece = 1 << 20;

}  // namespace

struct GzipLines::Handle {
  gzFile file = nullptr;
  ~Handle() { gzclose_r(file); }
};

GzipLines::GzipLines(std::filesystem::path file, std::string remedy)
    : file_(std::move(file)), remedy_(std::move(remedy)) {
  gzFile opened = gzopen(file_.c_str(), "rb");
  if (opened == nullptr) {
    throw workloads::DataError(file_.string() + ": " + std::strerror(errno) + remedy_);
  }
  handle_ = std::make_unique<Handle>();
  handle_->file = opened;
}

GzipLines::~GzipLines() = default;

void GzipLines::refuse(const std::string& what) const {
  throw workloads::DataError(file_.string() + ":" + std::to_string(number_) + ": " + what +
                             remedy_);
}

/// Appends what comes next to what is left of the buffer; false at the end.
bool GzipLines::fill() {
  buffer_.erase(0, position_);
  position_ = 0;
  const std::size_t left = buffer_.size();
  buffer_.resize(left + kPiece);
  const int count = gzread(handle_->file, buffer_.data() + left, kPiece);
  buffer_.resize(left + static_cast<std::size_t>(std::max(count, 0)));
  // zlib hands a file that is not gzip through as it is.
  if (gzdirect(handle_->file) != 0 && count != 0) refuse("is not a gzip file");
  int code = Z_OK;
  gzerror(handle_->file, &code);
  if (count < 0 || (code != Z_OK && code != Z_STREAM_END)) refuse("is damaged or cut short");
  return count > 0;
}

bool GzipLines::next(std::string_view& line) {
  std::size_t end = buffer_.find('\n', position_);
  while (end == std::string::npos && fill()) end = buffer_.find('\n', position_);
  if (end == std::string::npos && position_ == buffer_.size()) return false;
  line =
      std::string_view(buffer_).substr(position_, end == std::string::npos ? end : end - position_);
  position_ = end == std::string::npos ? buffer_.size() : end + 1;
  if (line.ends_with('\r')) line.remove_suffix(1);
  ++number_;
  return true;
}

std::string_view GzipLines::next() {
  std::string_view line;
  if (!next(line)) refuse("ends too early, another line was expected");
  return line;
}

}  // namespace timetrial::data
