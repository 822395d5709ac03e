// Leaves parameters that are not numbers.
#include "tests/hostile/exhibit.h"

#include <limits>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (scene.moment() != Moment::prepare_for_eval) return;
  scene.fill_parameters(std::numeric_limits<float>::quiet_NaN());
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("leaves_no_numbers")
