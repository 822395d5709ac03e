// Sends a snapshot of a step that is long past.
#include "harness/protocol/message.h"
#include "tests/hostile/exhibit.h"

#include <unistd.h>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (!it_is_time(scene, Moment::prepare_for_eval, 1)) return;
  send(protocol::encode(protocol::Snapshot{.step = -7, .reason = protocol::SnapshotReason::due}));
  while (true) pause();
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("sends_steps_backwards")
