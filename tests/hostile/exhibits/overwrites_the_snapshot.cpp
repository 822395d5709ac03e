// Writes to the snapshot from a thread, also while it is being read.
#include "harness/protocol/snapshot.h"
#include "tests/hostile/exhibit.h"

#include <algorithm>
#include <thread>

namespace timetrial::hostile {
namespace {

void write_for_ever(std::span<std::byte> snapshot) {
  for (bool odd = false;; odd = !odd) {
    std::fill(snapshot.begin(), snapshot.end(), static_cast<std::byte>(odd));
  }
}

}  // namespace

void attack(Scene& scene) {
  if (!it_is_time(scene)) return;
  std::thread(write_for_ever, shared_region().subspan(protocol::SharedRegion::kControlBytes))
      .detach();
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("overwrites_the_snapshot")
