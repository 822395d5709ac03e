// Sets the clocks of the machine.
#include "tests/hostile/exhibit.h"

#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (!it_is_time(scene)) return;
  const timespec early{1, 0};
  const timeval earlier{1, 0};
  timex nothing{};
  expect_refused(clock_settime(CLOCK_REALTIME, &early), "setting the clock");
  expect_refused(settimeofday(&earlier, nullptr), "setting the time of day");
  expect_refused(adjtimex(&nothing), "adjusting the clock");
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("sets_the_clock")
