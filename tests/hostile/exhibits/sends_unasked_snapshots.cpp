// Has itself evaluated when it likes, instead of when an evaluation is due.
#include "harness/protocol/message.h"
#include "tests/hostile/exhibit.h"

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (scene.moment() != Moment::update || scene.step() < 5) return;
  send(protocol::encode(
      protocol::Snapshot{.step = scene.step(), .reason = protocol::SnapshotReason::due}));
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("sends_unasked_snapshots")
