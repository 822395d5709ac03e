// Claims step after step and never ends one, to train on beyond its budget.
#include "harness/protocol/snapshot.h"
#include "tests/hostile/exhibit.h"

#include <unistd.h>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (!it_is_time(scene)) return;
  auto* const page = reinterpret_cast<protocol::ControlPage*>(shared_region().data());
  while (true) {
    page->step.fetch_add(1);
    usleep(1000);
  }
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("forges_steps")
