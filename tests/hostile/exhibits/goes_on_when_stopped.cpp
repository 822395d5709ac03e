// Sends itself the signal that goes on with a stopped process, as fast as two threads can.
#include "tests/hostile/exhibit.h"

#include <signal.h>
#include <unistd.h>
#include <thread>

namespace timetrial::hostile {
namespace {

void continue_for_ever() {
  while (true) kill(getpid(), SIGCONT);
}

}  // namespace

void attack(Scene& scene) {
  constexpr std::int64_t kLate = 30;  // it takes the processor from its own steps
  if (!it_is_time(scene, Moment::update, kLate)) return;
  for (int i = 0; i < 2; ++i) std::thread(continue_for_ever).detach();
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("goes_on_when_stopped")
