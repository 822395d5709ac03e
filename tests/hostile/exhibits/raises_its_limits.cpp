// Raises its own limits of memory and file sizes.
#include "tests/hostile/exhibit.h"

#include <sys/resource.h>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (!it_is_time(scene)) return;
  const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
  expect_refused(setrlimit(RLIMIT_DATA, &none), "raising its limit of memory");
  expect_refused(setrlimit(RLIMIT_FSIZE, &none), "raising its limit of files");
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("raises_its_limits")
