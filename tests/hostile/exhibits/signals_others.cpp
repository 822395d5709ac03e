// Looks for processes of others, and for its parents, to send them signals.
#include "tests/hostile/exhibit.h"

#include <signal.h>
#include <sys/types.h>
#include <unistd.h>
#include <filesystem>
#include <string>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (!it_is_time(scene)) return;
  constexpr int kMost = 2;  // itself, and the first process of its namespace
  int seen = 0;
  std::error_code error;  // where Landlock hides the list altogether
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const char first = entry.path().filename().string().front();
    seen += first >= '0' && first <= '9' ? 1 : 0;
  }
  expect_stopped(seen > kMost, "seeing " + std::to_string(seen) + " processes");
  for (pid_t pid = 3; pid < 5000; ++pid) {
    if (kill(pid, 0) == 0)
      throw Breach("nothing kept it from signalling process " + std::to_string(pid));
  }
  kill(1, SIGKILL);  // the first process of its namespace does not hear it
  kill(getppid(), SIGKILL);
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("signals_others")
