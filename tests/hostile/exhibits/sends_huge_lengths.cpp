// Sends a message whose text claims to be 2^60 bytes long.
#include "harness/protocol/message.h"
#include "tests/hostile/exhibit.h"

#include <unistd.h>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (!it_is_time(scene)) return;
  auto message = protocol::encode(protocol::Failed{.where = "update", .reason = "?", .step = 1});
  for (std::size_t i = 8; i + 8 <= message.size(); ++i) message[i] = std::byte{0x0f};
  send(message);
  while (true) pause();
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("sends_huge_lengths")
