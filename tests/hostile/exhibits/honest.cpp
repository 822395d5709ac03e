// Attacks nothing: the neighbour whose bits must stay what they are alone.
#include "tests/hostile/exhibit.h"

namespace timetrial::hostile {

void attack(Scene&) {}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("honest")
