#include "tests/crash/machine.h"

#include "harness/sandbox/process_tree.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace timetrial::crash {
namespace {

bool write_file(const char* file, const std::string& text) {
  const int fd = open(file, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool whole = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(fd);
  return whole;
}

/// Root needs no user namespace; anyone else stays who he is inside of one.
bool enter_mount_namespace() {
  const std::string user = std::to_string(getuid()), group = std::to_string(getgid());
  if (getuid() == 0) {
    if (unshare(CLONE_NEWNS) != 0) return false;
  } else {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    write_file("/proc/self/setgroups", "deny");
    if (!write_file("/proc/self/uid_map", user + " " + user + " 1")) return false;
    if (!write_file("/proc/self/gid_map", group + " " + group + " 1")) return false;
  }
  return mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

bool succeeds_in_a_child(bool (*attempt)()) {
  const pid_t child = fork();
  if (child == 0) _exit(attempt() ? 0 : 1);
  int status = 1;
  return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

}  // namespace

Machine settle_in() {
  sandbox::become_subreaper();
  Machine machine;
  machine.small_disks = enter_mount_namespace();
  machine.shifted_clocks = succeeds_in_a_child([] { return shift_clock(1); });
  return machine;
}

void mount_small_disk(const std::filesystem::path& folder, long bytes) {
  const std::string size = "size=" + std::to_string(bytes);
  if (mount("tmpfs", folder.c_str(), "tmpfs", 0, size.c_str()) != 0) {
    throw std::system_error(errno, std::generic_category(), "tmpfs on " + folder.string());
  }
}

void unmount(const std::filesystem::path& folder) { umount2(folder.c_str(), MNT_DETACH); }

bool shift_clock(long seconds) {
  constexpr int kTimeNamespace = 0x80;  // CLONE_NEWTIME, which older headers lack
  if (unshare(kTimeNamespace) != 0) return false;
  if (!write_file("/proc/self/timens_offsets", "monotonic " + std::to_string(seconds) + " 0")) {
    return false;
  }
  const int fd = open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
  const bool entered = fd >= 0 && setns(fd, kTimeNamespace) == 0;
  if (fd >= 0) close(fd);
  return entered;
}

void respect_permissions() {
  prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE);
  prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH);
}

}  // namespace timetrial::crash
