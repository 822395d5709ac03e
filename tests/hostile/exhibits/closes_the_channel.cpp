// Closes the channel and goes on.
#include "tests/hostile/exhibit.h"

#include <unistd.h>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (!it_is_time(scene)) return;
  close(3);
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("closes_the_channel")
