// Stops every clock of its process, then takes two seconds for a step.
#include "tests/hostile/exhibit.h"

#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <cstdint>
#include <cstring>

namespace timetrial::hostile {
namespace {

/// movq $1, (%rsi); movq $0, 8(%rsi); xor %eax, %eax; ret: it is always one second.
constexpr unsigned char kOneSecond[] = {0x48, 0xc7, 0x06, 1, 0, 0, 0,    0x48, 0xc7,
                                        0x46, 0x08, 0,    0, 0, 0, 0x31, 0xc0, 0xc3};

void stop(void* function) {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto start = reinterpret_cast<std::uintptr_t>(function) & ~(page - 1);
  const int all = PROT_READ | PROT_WRITE | PROT_EXEC;
  expect_made(mprotect(reinterpret_cast<void*>(start), 2 * page, all) == 0,
              "writing to its own code");
  std::memcpy(function, kOneSecond, sizeof kOneSecond);
}

}  // namespace

void attack(Scene& scene) {
  if (!it_is_time(scene)) return;
  stop(reinterpret_cast<void*>(&clock_gettime));
  const timespec pause{2, 0};
  nanosleep(&pause, nullptr);
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("patches_the_clock")
