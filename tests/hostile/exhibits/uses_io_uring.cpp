// Queues work for the kernel to do while the process is frozen.
#include "tests/hostile/exhibit.h"

#include <sys/syscall.h>
#include <unistd.h>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (!it_is_time(scene)) return;
  expect_refused(syscall(SYS_io_uring_setup, 8, nullptr), "io_uring");
  expect_refused(syscall(SYS_io_uring_enter, 0, 0, 0, 0, nullptr), "entering io_uring");
  expect_refused(syscall(SYS_userfaultfd, 0), "handling page faults");
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("uses_io_uring")
