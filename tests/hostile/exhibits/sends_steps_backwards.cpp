// Sends a snapshot of a step that is long past.
#include "harness/protocol/message.h"
#include "tests/hostile/exhibit.h"

#include <unistd.h>

#include <cstddef>
#include <vector>

namespace timetrial::hostile {
namespace {

void send(const std::vector<std::byte>& message) {
  constexpr int kChannel = 3;
  expect_stopped(write(kChannel, message.data(), message.size()) < 0, "nothing: it cannot send");
}

}  // namespace

void attack(Scene& scene) {
  if (!it_is_time(scene, Moment::prepare_for_eval, 1)) return;
  send(protocol::encode(protocol::Snapshot{.step = -7, .reason = protocol::SnapshotReason::due}));
  while (true) pause();
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("sends_steps_backwards")
