// Sends messages without taking any, to hold the referee up.
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
  if (!it_is_time(scene)) return;
  const auto message =
      protocol::encode(protocol::Snapshot{.step = 6, .reason = protocol::SnapshotReason::due});
  while (true) send(message);
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("floods_the_channel")
