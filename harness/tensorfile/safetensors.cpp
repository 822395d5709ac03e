#include "harness/tensorfile/safetensors.h"

#include "harness/tensorfile/safetensors_header.h"
#include "harness/trial/error.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

namespace timetrial::tensorfile {
namespace {

constexpr std::size_t kLengthBytes = 8;

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

/// Owns the mapping until the reader is complete.
struct Mapping {
  void* address = nullptr;
  std::size_t bytes = 0;
  Mapping() = default;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() {
    if (address != nullptr) ::munmap(address, bytes);
  }
};

[[noreturn]] void fail_to_read(const std::filesystem::path& file, int error) {
  throw InputError(file.string() + ": cannot be read (" + std::strerror(error) +
                   "); check the path and its permissions");
}

void map(int fd, const std::filesystem::path& file, Mapping& mapping) {
  struct stat status {};
  if (fd < 0 || ::fstat(fd, &status) != 0) fail_to_read(file, errno);
  if (!S_ISREG(status.st_mode)) {
    throw InputError(file.string() + ": not a regular file; expected a safetensors file");
  }
  const auto bytes = static_cast<std::size_t>(status.st_size);
  if (bytes < kLengthBytes) {
    throw InputError(file.string() + ": " + std::to_string(bytes) +
                     " bytes are too few; a safetensors file starts with 8 bytes of header length");
  }
  void* const address = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd, 0);
  if (address == MAP_FAILED) fail_to_read(file, errno);
  mapping.address = address;
  mapping.bytes = bytes;
}

std::uint64_t read_length(const std::byte* bytes) {
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    length |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  }
  return length;
}

void write_all(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw std::system_error(errno, std::generic_category(), "writing tensors");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

[[noreturn]] void fail_to_write(const std::filesystem::path& file, const char* action) {
  throw std::system_error(errno, std::generic_category(), file.string() + ": " + action);
}

/// Makes the rename itself durable.
void sync_folder(const std::filesystem::path& folder) {
  const FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || ::fsync(fd.get()) != 0) fail_to_write(folder, "cannot sync the folder");
}

void write_and_sync(int fd, const std::filesystem::path& file,
                    const std::vector<TensorView>& tensors,
                    const std::map<std::string, std::string>& metadata) {
  if (::fchmod(fd, 0644) != 0) fail_to_write(file, "cannot set its mode");
  write(fd, tensors, metadata);
  if (::fsync(fd) != 0) fail_to_write(file, "cannot be synced");
}

}  // namespace

Reader::Reader(const std::filesystem::path& file) : file_(file) {
  read(FileDescriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC)).get());
}

Reader::Reader(int fd, const std::string& name) : file_(name) { read(fd); }

void Reader::read(int fd) {
  Mapping mapping;
  map(fd, file_, mapping);
  const auto* const bytes = static_cast<const std::byte*>(mapping.address);
  const std::uint64_t length = read_length(bytes);
  if (length > kMaxHeaderBytes || length > mapping.bytes - kLengthBytes) {
    throw InputError(file_.string() + ": a header of " + std::to_string(length) +
                     " bytes does not fit the file of " + std::to_string(mapping.bytes) +
                     " bytes; the file is cut short or no safetensors file");
  }
  data_begin_ = kLengthBytes + static_cast<std::size_t>(length);
  const std::string_view text(reinterpret_cast<const char*>(bytes) + kLengthBytes,
                              static_cast<std::size_t>(length));
  auto header = parse_header(text, mapping.bytes - data_begin_, file_.string());
  tensors_ = std::move(header.tensors);
  metadata_ = std::move(header.metadata);
  mapping_bytes_ = mapping.bytes;
  mapping_ = static_cast<const std::byte*>(std::exchange(mapping.address, nullptr));
}

Reader::~Reader() {
  if (mapping_ != nullptr) ::munmap(const_cast<std::byte*>(mapping_), mapping_bytes_);
}

Reader::Reader(Reader&& other) noexcept
    : file_(std::move(other.file_)),
      tensors_(std::move(other.tensors_)),
      metadata_(std::move(other.metadata_)),
      mapping_(std::exchange(other.mapping_, nullptr)),
      mapping_bytes_(other.mapping_bytes_),
      data_begin_(other.data_begin_) {}

const TensorInfo& Reader::info(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found != tensors_.end()) return found->second;
  throw InputError(file_.string() + ": no tensor '" + name + "' among its " +
                   std::to_string(tensors_.size()) + "; was it written by another version?");
}

std::span<const std::byte> Reader::bytes(const std::string& name) const {
  const TensorInfo& tensor = info(name);
  return {mapping_ + data_begin_ + tensor.begin, tensor.end - tensor.begin};
}

void write(int fd, const std::vector<TensorView>& tensors,
           const std::map<std::string, std::string>& metadata) {
  const std::string header = make_header(tensors, metadata);
  std::array<std::byte, kLengthBytes> length{};
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    length[i] = static_cast<std::byte>(std::uint64_t{header.size()} >> (8 * i));
  }
  write_all(fd, length);
  write_all(fd, std::as_bytes(std::span(header)));
  for (const auto& tensor : tensors) write_all(fd, tensor.bytes);
}

void write_file(const std::filesystem::path& file, const std::vector<TensorView>& tensors,
                const std::map<std::string, std::string>& metadata) {
  std::string temporary = file.string() + ".XXXXXX";
  const FileDescriptor fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (fd.get() < 0) fail_to_write(file, "cannot make a temporary file beside it");
  try {
    write_and_sync(fd.get(), file, tensors, metadata);
    std::filesystem::rename(temporary, file);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_folder(file.has_parent_path() ? file.parent_path() : std::filesystem::path("."));
}

}  // namespace timetrial::tensorfile
