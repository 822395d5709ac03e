// Has itself evaluated when it likes, instead of when an evaluation is due.
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
  if (scene.moment() != Moment::update || scene.step() < 5) return;
  send(protocol::encode(
      protocol::Snapshot{.step = scene.step(), .reason = protocol::SnapshotReason::due}));
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("sends_unasked_snapshots")
