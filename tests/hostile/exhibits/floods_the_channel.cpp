// Sends messages without taking any, to hold the referee up.
#include "harness/protocol/message.h"
#include "tests/hostile/exhibit.h"

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (!it_is_time(scene)) return;
  const auto message =
      protocol::encode(protocol::Snapshot{.step = 6, .reason = protocol::SnapshotReason::due});
  while (true) send(message);
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("floods_the_channel")
