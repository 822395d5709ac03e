// Says that the disk is full, for which nobody would blame its trial.
#include "harness/protocol/message.h"
#include "tests/hostile/exhibit.h"

#include <unistd.h>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (scene.moment() != Moment::save) return;
  send(protocol::encode(protocol::Failed{.kind = protocol::FailureKind::storage,
                                         .where = "save",
                                         .reason = "No space left on device",
                                         .step = scene.step()}));
  while (true) pause();
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("claims_a_full_disk")
