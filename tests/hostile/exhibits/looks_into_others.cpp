// Reads and writes the memory of other processes, and what the kernel knows of them.
#include "tests/hostile/exhibit.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (!it_is_time(scene)) return;
  constexpr int kAttach = 16;
  expect_refused(syscall(SYS_ptrace, kAttach, getppid(), 0, 0), "tracing");
  expect_refused(syscall(SYS_process_vm_readv, getppid(), 0, 0, 0, 0, 0), "reading others' memory");
  expect_refused(syscall(SYS_process_vm_writev, getppid(), 0, 0, 0, 0, 0),
                 "writing others' memory");
  expect_refused(open("/proc/1/mem", O_RDWR), "opening others' memory", EACCES, EPERM);
  expect_refused(syscall(SYS_pidfd_getfd, 0, 0, 0), "taking others' descriptors");
  expect_refused(syscall(SYS_perf_event_open, 0, 0, -1, -1, 0), "performance events");
  expect_refused(syscall(SYS_bpf, 0, 0, 0), "BPF");
  expect_refused(syscall(SYS_keyctl, 0, 0, 0), "keys");
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("looks_into_others")
