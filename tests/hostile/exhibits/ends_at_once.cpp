// Says that training is complete when it has hardly begun, as it may.
#include "tests/hostile/exhibit.h"

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (it_is_time(scene)) scene.complete_training();
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("ends_at_once")
