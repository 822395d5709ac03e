// Computes in a thread of its own, also while it should be frozen.
#include "tests/hostile/exhibit.h"

#include <thread>

namespace timetrial::hostile {
namespace {

void compute_for_ever() {
  volatile double x = 0;
  while (true) x = x + 1;
}

}  // namespace

void attack(Scene& scene) {
  if (it_is_time(scene)) std::thread(compute_for_ever).detach();
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("computes_in_a_thread")
