// Kills itself, as an operator might.
#include "tests/hostile/exhibit.h"

#include <signal.h>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (it_is_time(scene)) raise(SIGKILL);
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("kills_itself")
