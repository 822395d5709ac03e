// Sends a message of random bytes.
#include "tests/hostile/exhibit.h"

#include <unistd.h>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (!it_is_time(scene)) return;
  std::vector<std::byte> message;
  for (int i = 0; i < 1000; ++i) message.push_back(static_cast<std::byte>(i * 37));
  send(message);
  while (true) pause();
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("sends_garbage")
