#include "harness/sandbox/file_access.h"

#include "harness/protocol/file_descriptor.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace timetrial::sandbox {
namespace {

namespace fs = std::filesystem;
using protocol::FileDescriptor;

// Newer than Debian 12's header; numbers are the kernel's (include/uapi/linux/landlock.h, 6.12).
constexpr std::uint64_t kTruncate = 1U << 14, kControlDevice = 1U << 15;
constexpr std::uint64_t kTcp = 0b11;     // bind, connect
constexpr std::uint64_t kScopes = 0b11;  // abstract sockets, signals

struct Attributes {
  std::uint64_t files, network, scopes;
};

constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kWrite = kRead | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                 LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                                 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                                 LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                                 LANDLOCK_ACCESS_FS_REFER | kTruncate;
constexpr std::uint64_t kDevice = kRead | LANDLOCK_ACCESS_FS_WRITE_FILE | kControlDevice;
/// What a rule about something that is no folder may say.
constexpr std::uint64_t kOfFiles = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                   LANDLOCK_ACCESS_FS_READ_FILE | kTruncate | kControlDevice;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), "Landlock: " + what);
}

/// All rights that this version knows: what is not known cannot be taken away.
Attributes attributes(int version) {
  Attributes result{(1U << 13) - 1, 0, 0};
  if (version >= 2) result.files |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) result.files |= kTruncate;
  if (version >= 4) result.network = kTcp;
  if (version >= 5) result.files |= kControlDevice;
  if (version >= 6) result.scopes = kScopes;
  return result;
}

/// The kernel refuses a structure with fields that it does not know.
std::size_t attribute_bytes(int version) {
  if (version < 4) return offsetof(Attributes, network);
  return version < 6 ? offsetof(Attributes, scopes) : sizeof(Attributes);
}

void allow(const FileDescriptor& rules, const fs::path& path, std::uint64_t rights) {
  const FileDescriptor file(open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR || errno == EACCES) return;
    fail(path.string());
  }
  struct stat facts {};
  if (fstat(file.get(), &facts) != 0) fail(path.string());
  if (!S_ISDIR(facts.st_mode)) rights &= kOfFiles;
  const landlock_path_beneath_attr rule{.allowed_access = rights, .parent_fd = file.get()};
  if (syscall(SYS_landlock_add_rule, rules.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
    fail(path.string());
  }
}

}  // namespace

int landlock_version() {
  const long version =
      syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? static_cast<int>(version) : 0;
}

int restrict_files(const FileAccess& access) {
  const int version = landlock_version();
  if (version == 0) return 0;
  const Attributes all = attributes(version);
  const FileDescriptor rules(
      static_cast<int>(syscall(SYS_landlock_create_ruleset, &all, attribute_bytes(version), 0)));
  if (!rules) fail("no rules can be made");
  for (const auto& path : access.readable) allow(rules, path, kRead & all.files);
  for (const auto& path : access.writable) allow(rules, path, kWrite & all.files);
  for (const auto& path : access.devices) allow(rules, path, kDevice & all.files);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("no_new_privs");
  if (syscall(SYS_landlock_restrict_self, rules.get(), 0) != 0) fail("the rules cannot be applied");
  return version;
}

}  // namespace timetrial::sandbox
