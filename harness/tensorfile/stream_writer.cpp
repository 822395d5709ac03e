#include "harness/tensorfile/stream_writer.h"

#include "harness/tensorfile/safetensors_header.h"
#include "harness/trial/error.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace timetrial::tensorfile {
namespace {

/// Kept free for the header, which is written last: room for a dozen tensors.
constexpr std::size_t kReserved = 4096, kLengthBytes = 8;
constexpr std::size_t kBufferBytes = std::size_t{1} << 20;

}  // namespace

StreamWriter::StreamWriter(const std::filesystem::path& file, std::string name, std::string dtype,
                           std::vector<std::int64_t> row_shape)
    : file_(file),
      first_{std::move(name), std::move(dtype), std::move(row_shape), {}},
      row_bytes_(element_size(first_.dtype)) {
  for (const std::int64_t extent : first_.shape) row_bytes_ *= static_cast<std::size_t>(extent);
  first_.shape.insert(first_.shape.begin(), 0);
  buffer_.reserve(kBufferBytes);
  fd_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), file.string());
  buffer_.resize(kReserved);
}

StreamWriter::~StreamWriter() {
  if (fd_ >= 0) ::close(fd_);
}

void StreamWriter::write_all(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw std::system_error(errno, std::generic_category(), file_.string());
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void StreamWriter::flush() {
  write_all(buffer_);
  buffer_.clear();
}

void StreamWriter::append(std::span<const std::byte> bytes) {
  appended_ += bytes.size();
  if (buffer_.size() + bytes.size() > kBufferBytes) flush();
  if (bytes.size() > kBufferBytes) return write_all(bytes);
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

void StreamWriter::finish(const std::vector<TensorView>& others) {
  if (row_bytes_ == 0 || appended_ % row_bytes_ != 0) {
    throw InputError(file_.string() + ": " + std::to_string(appended_) + " bytes of tensor '" +
                     first_.name + "' are not whole rows of " + std::to_string(row_bytes_));
  }
  first_.shape[0] = static_cast<std::int64_t>(appended_ / row_bytes_);
  flush();
  for (const TensorView& other : others) write_all(other.bytes);
  std::vector<TensorLayout> layout = {{first_.name, first_.dtype, first_.shape, appended_}};
  for (const TensorView& other : others) {
    layout.push_back({other.name, other.dtype, other.shape, other.bytes.size()});
  }
  std::string header = make_header(layout, {});
  if (header.size() > kReserved - kLengthBytes) {
    throw InputError(file_.string() + ": too many tensors for the room kept for the header");
  }
  header.resize(kReserved - kLengthBytes, ' ');
  std::array<std::byte, kLengthBytes> length{};
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    length[i] = static_cast<std::byte>(std::uint64_t{header.size()} >> (8 * i));
  }
  if (::lseek(fd_, 0, SEEK_SET) != 0) {
    throw std::system_error(errno, std::generic_category(), file_.string());
  }
  write_all(length);
  write_all(std::as_bytes(std::span(header)));
  if (::fsync(fd_) != 0) throw std::system_error(errno, std::generic_category(), file_.string());
}

}  // namespace timetrial::tensorfile
