// Opens sockets of every kind.
#include "tests/hostile/exhibit.h"

#include <sys/socket.h>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (!it_is_time(scene)) return;
  for (const int family : {AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK, AF_UNIX}) {
    expect_refused(socket(family, SOCK_STREAM, 0), "a socket of family " + std::to_string(family));
    expect_refused(socket(family, SOCK_RAW, 0), "a raw socket of family " + std::to_string(family));
  }
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("opens_connections")
