// Forks, double-forks, daemonises, runs programs: a fork bomb, were it not refused.
#include "tests/hostile/exhibit.h"

#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cstdlib>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (!it_is_time(scene)) return;
  for (int i = 0; i < 100; ++i) expect_refused(fork(), "forking");
  expect_refused(vfork(), "vfork");
  expect_refused(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0), "clone");
  expect_refused(daemon(0, 0), "becoming a daemon");
  char name[] = "true";
  char* arguments[] = {name, nullptr};
  pid_t child = 0;
  expect_stopped(posix_spawn(&child, "/usr/bin/true", nullptr, nullptr, arguments, nullptr) == 0,
                 "running a program");
  expect_stopped(std::system("true") == 0, "running a shell");
  setenv("LD_PRELOAD", "/usr/lib/x86_64-linux-gnu/libm.so.6", 1);
  expect_refused(execv("/usr/bin/true", arguments), "becoming another program", EACCES, ENOENT);
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("makes_processes")
