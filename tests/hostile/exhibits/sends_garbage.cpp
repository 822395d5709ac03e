// Sends a message of random bytes.
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
  std::vector<std::byte> message;
  for (int i = 0; i < 1000; ++i) message.push_back(static_cast<std::byte>(i * 37));
  send(message);
  while (true) pause();
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("sends_garbage")
