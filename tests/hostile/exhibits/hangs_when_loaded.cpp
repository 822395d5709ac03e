// Hangs in a static initialiser.
#include "tests/hostile/exhibit.h"

#include <unistd.h>

namespace timetrial::hostile {
namespace {

const bool loaded = [] {
  while (true) pause();
  return true;
}();

}  // namespace

void attack(Scene&) { expect_made(!loaded, "hanging while it was loaded"); }

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("hangs_when_loaded")
