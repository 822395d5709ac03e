#include "harness/sandbox/syscall_filter.h"

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

namespace timetrial::sandbox {
namespace {

using Filter = std::unique_ptr<void, void (*)(scmp_filter_ctx)>;

void check(int code) {
  if (code == 0) return;
  throw std::system_error(
      -code, std::generic_category(),
      "the filter of system calls cannot be installed; this kernel needs "
      "CONFIG_SECCOMP_FILTER, and whatever contains this process has to allow it");
}

/// Refuses a call if the condition holds, or always without one. A call that this libseccomp or
/// processor does not know is left alone.
void refuse(const Filter& filter, const std::string& name, int error = EPERM,
            const scmp_arg_cmp* condition = nullptr) {
  const int number = seccomp_syscall_resolve_name(name.c_str());
  if (number == __NR_SCMP_ERROR) return;
  const unsigned count = condition == nullptr ? 0 : 1;
  check(seccomp_rule_add_array(filter.get(), SCMP_ACT_ERRNO(static_cast<std::uint16_t>(error)),
                               number, count, condition));
}

/// Threads may be made, processes not: nothing is left to freeze, to count or to kill but one.
void refuse_new_processes(const Filter& filter) {
  refuse(filter, "fork");
  refuse(filter, "vfork");
  const scmp_arg_cmp no_thread = SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0);
  refuse(filter, "clone", EPERM, &no_thread);
  refuse(filter, "clone3", ENOSYS);
}

/// Memory that limits on a process's own data do not count.
void refuse_uncounted_memory(const Filter& filter) {
  constexpr std::uint64_t kMapType = 0x0f;
  const scmp_arg_cmp shared = SCMP_A3(SCMP_CMP_MASKED_EQ, kMapType | MAP_ANONYMOUS,
                                      std::uint64_t{MAP_SHARED | MAP_ANONYMOUS});
  refuse(filter, "mmap", EPERM, &shared);
  refuse(filter, "memfd_create");
  refuse(filter, "memfd_secret");
  refuse(filter, "shmget");
}

/// The signal that goes on with a stopped process, sent by the kernel on its behalf.
void refuse_signals_to_order(const Filter& filter) {
  constexpr std::uint64_t kSetSignal = 10;  // F_SETSIG, linux/fcntl.h
  const scmp_arg_cmp sets_signal = SCMP_A1(SCMP_CMP_EQ, kSetSignal);
  refuse(filter, "fcntl", EPERM, &sets_signal);
  for (const char* name : {"timer_create", "mq_open", "mq_notify"}) refuse(filter, name);
}

/// Refused whatever their arguments are.
const std::vector<std::string>& denied_system_calls() {
  static const std::vector<std::string> names{
      // other processes
      "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "kcmp",
      // namespaces and mounts
      "unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree",
      "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr",
      // work that goes on while the process is stopped, and faults that hold the kernel up
      "io_uring_setup", "io_uring_enter", "io_uring_register", "userfaultfd",
      // what the kernel knows of others
      "perf_event_open", "bpf", "add_key", "request_key", "keyctl", "open_by_handle_at", "syslog",
      // the machine
      "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "init_module", "finit_module",
      "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff", "acct",
      "quotactl", "sethostname", "setdomainname", "iopl", "ioperm"};
  return names;
}

}  // namespace

void deny_system_calls(const FilterExceptions& exceptions) {
  const Filter filter(seccomp_init(SCMP_ACT_ALLOW), &seccomp_release);
  if (!filter) check(-ENOMEM);
  check(
      seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1));  // threads that are there already
  // Training is to cost what it costs without the filter: a search tree, and no slower processor.
  check(seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2));
  check(seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_SSB, 1));
  for (const auto& name : denied_system_calls()) refuse(filter, name);
  const scmp_arg_cmp not_local = SCMP_A0(SCMP_CMP_NE, AF_UNIX);
  refuse(filter, "socket", EPERM, exceptions.local_sockets ? &not_local : nullptr);
  refuse_new_processes(filter);
  refuse_signals_to_order(filter);
  if (!exceptions.shared_memory) refuse_uncounted_memory(filter);
  check(seccomp_load(filter.get()));
}

}  // namespace timetrial::sandbox
