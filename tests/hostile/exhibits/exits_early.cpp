// Ends with success.
#include "tests/hostile/exhibit.h"

#include <cstdlib>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (it_is_time(scene)) std::_Exit(0);
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("exits_early")
