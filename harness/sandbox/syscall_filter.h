#pragma once
// What a worker may no longer ask of the kernel once foreign code runs in it: a seccomp filter,
// which nothing that it starts can shed.
//
// Refused are new processes (threads may be made), sockets (no network, no daemons), looking into
// or driving other processes (ptrace, process_vm_*, pidfd_getfd, kcmp), new namespaces and mounts,
// io_uring (which works while its process is stopped), timers and other ways to order the signal
// that goes on with a stopped process, memory that no limit counts (shared and anonymous),
// performance events, BPF, keys, clocks, kernel modules, and other ways to change the machine. A
// filter denies by name: what it does not name is allowed.

namespace timetrial::sandbox {

/// What is left after all. Pairs of connected sockets always are.
struct FilterExceptions {
  bool local_sockets = false;  ///< which never leave the machine (AF_UNIX)
  bool shared_memory = false;  ///< shared and anonymous, which no limit counts
};

/// Installs the filter for all threads of this process from now on, for good. A refused call fails
/// with EPERM; clone3 with ENOSYS, since its arguments cannot be looked at, so that libraries fall
/// back to clone. Throws std::system_error where the kernel has no such filters.
void deny_system_calls(const FilterExceptions& exceptions);

}  // namespace timetrial::sandbox
