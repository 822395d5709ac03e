// Claims step after step and never ends one, to train on beyond its budget.
#include "tests/hostile/exhibit.h"

#include <unistd.h>
#include <atomic>
#include <fstream>
#include <string>

namespace timetrial::hostile {
namespace {

/// The page that the referee reads steps from.
std::atomic<std::int64_t>* steps() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find("timetrial-snapshot") == std::string::npos) continue;
    auto* page = reinterpret_cast<std::atomic<std::int64_t>*>(std::stoull(line, nullptr, 16));
    return page + 1;  // after evaluation_due
  }
  throw Breach("nothing: it cannot find the region");
}

}  // namespace

void attack(Scene& scene) {
  if (!it_is_time(scene)) return;
  auto* const step = steps();
  while (true) {
    step->fetch_add(1);
    usleep(1000);
  }
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("forges_steps")
