// Gives a parameter another shape.
#include "tests/hostile/exhibit.h"

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (it_is_time(scene, Moment::prepare_for_eval, 1)) scene.resize_a_parameter();
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("resizes_a_parameter")
