// Orders the signal that goes on with a stopped process, to come while it is frozen.
#include "tests/hostile/exhibit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (!it_is_time(scene, Moment::init, 0)) return;
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGCONT;
  timer_t timer{};
  expect_refused(timer_create(CLOCK_MONOTONIC, &event, &timer), "a timer with that signal");
  constexpr int kSetSignal = 10;
  expect_refused(fcntl(3, kSetSignal, SIGCONT), "that signal for every message");
  expect_refused(syscall(SYS_mq_open, "/q", O_CREAT | O_RDWR, 0600, nullptr), "a message queue");
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("orders_a_signal")
