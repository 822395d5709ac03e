#include "harness/referee/checkpoints.h"

#include "harness/trial/error.h"
#include "harness/trial/sha256.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

namespace timetrial::referee {
namespace {

constexpr const char* kPartial = "checkpoint.partial";
constexpr const char* kPrefix = "checkpoint-";

/// Names sort as their steps do.
std::string file_name(std::int64_t step) {
  constexpr std::size_t kDigits = 12;
  const std::string digits = std::to_string(step);
  return kPrefix + std::string(kDigits - std::min(kDigits, digits.size()), '0') + digits +
         ".safetensors";
}

void check(bool ok, const std::filesystem::path& file) {
  if (!ok) throw std::system_error(errno, std::generic_category(), file.string());
}

}  // namespace

protocol::FileDescriptor Checkpoints::begin() {
  const auto file = folder_ / kPartial;
  protocol::FileDescriptor fd(open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  check(static_cast<bool>(fd), file);
  return fd;
}

bool Checkpoints::can_grow(const protocol::FileDescriptor& file) const {
  constexpr off_t kMore = 1 << 20;
  const off_t size = lseek(file.get(), 0, SEEK_END);
  return size >= 0 && posix_fallocate(file.get(), size, kMore) == 0;
}

store::Checkpoint Checkpoints::commit(const protocol::FileDescriptor& file, std::int64_t step) {
  const auto partial = folder_ / kPartial;
  check(fsync(file.get()) == 0, partial);
  store::Checkpoint record;
  record.file = file_name(step);
  record.hash = sha256_of_file(partial);
  record.step = step;
  std::filesystem::rename(partial, folder_ / record.file);
  const protocol::FileDescriptor folder(open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  check(folder && fsync(folder.get()) == 0, folder_);

  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    const std::string name = entry.path().filename().string();
    const bool kept = name == record.file || name == last_;
    if (name.starts_with(kPrefix) && !kept) std::filesystem::remove(entry.path());
  }
  last_ = record.file;
  return record;
}

std::optional<Checkpoints::Usable> Checkpoints::newest(
    const std::vector<store::Checkpoint>& known) {
  for (const auto& record : known) {
    const auto file = folder_ / record.file;
    try {
      if (sha256_of_file(file) != record.hash) continue;
    } catch (const InputError&) {
      continue;  // removed, as all but the newest two are
    }
    protocol::FileDescriptor fd(open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) continue;
    last_ = record.file;
    return Usable{record, std::move(fd)};
  }
  return std::nullopt;
}

}  // namespace timetrial::referee
