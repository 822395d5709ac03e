// Hangs, or throws something that is no exception, at one moment of its life: MOMENT, ACTION.
#include "tests/hostile/exhibit.h"

#include <unistd.h>

namespace timetrial::hostile {
namespace {

[[noreturn]] void hangs() {
  while (true) pause();
}

[[noreturn]] void throws() { throw 42; }

}  // namespace

void attack(Scene& scene) {
  if (scene.moment() == Moment::MOMENT) ACTION();
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT(NAME)
