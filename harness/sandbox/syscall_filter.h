#pragma once
// What a worker may no longer ask of the kernel once foreign code runs in it: a seccomp filter,
// which nothing that it starts can shed.
//
// Refused are sockets (no network, no daemons), looking into or driving other processes (ptrace,
// process_vm_*, pidfd_getfd, kcmp), new namespaces and mounts, io_uring (which works while its
// process is stopped), performance events, BPF, keys, clocks, kernel modules, and other ways to
// change the machine. A filter denies by name: what it does not name is allowed.

namespace timetrial::sandbox {

/// Whether a process may make sockets that never leave the machine (AF_UNIX), which a GPU's driver
/// uses. Pairs of connected ones are allowed in any case.
enum class LocalSockets { denied, allowed };

/// Installs the filter for all threads of this process and all that it starts from now on, for
/// good. A refused call fails with EPERM; clone3 with ENOSYS, since its arguments cannot be looked
/// at, so that libraries fall back to clone. Throws std::system_error where the kernel has no such
/// filters.
void deny_system_calls(LocalSockets local_sockets);

}  // namespace timetrial::sandbox
