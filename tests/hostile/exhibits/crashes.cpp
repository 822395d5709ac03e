// Writes where there is no memory.
#include "tests/hostile/exhibit.h"

#include <signal.h>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (it_is_time(scene)) raise(SIGSEGV);
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("crashes")
