// Leaves the smallest numbers that there are, which slow processors down.
#include "tests/hostile/exhibit.h"

#include <limits>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (scene.moment() != Moment::prepare_for_eval) return;
  scene.fill_parameters(std::numeric_limits<float>::denorm_min());
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("leaves_denormals")
