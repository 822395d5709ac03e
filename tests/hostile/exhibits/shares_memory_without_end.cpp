// Takes memory that limits on a process's own data do not count.
#include "tests/hostile/exhibit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (!it_is_time(scene)) return;
  constexpr std::size_t kBytes = 1 << 20;
  constexpr int kBoth = PROT_READ | PROT_WRITE;
  expect_stopped(mmap(nullptr, kBytes, kBoth, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED,
                 "shared anonymous memory");
  expect_refused(memfd_create("mine", 0), "a file in memory");
  expect_refused(shmget(IPC_PRIVATE, kBytes, IPC_CREAT | 0600), "a shared segment");
  const int zero = open("/dev/zero", O_RDWR);
  expect_stopped(zero >= 0 && mmap(nullptr, kBytes, kBoth, MAP_SHARED, zero, 0) != MAP_FAILED,
                 "shared zeros");
  expect_refused(open("/dev/shm/mine", O_RDWR | O_CREAT, 0600), "a file in /dev/shm", EACCES,
                 ENOENT);
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("shares_memory_without_end")
