#pragma once
// A port of this machine that notes whether anybody called: for tests that nothing does.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace timetrial::test {

class LoopbackListener {
 public:
  LoopbackListener() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    if (socket_ < 0 || bind(socket_, any, size) != 0 || listen(socket_, 8) != 0 ||
        getsockname(socket_, any, &size) != 0) {
      throw std::system_error(errno, std::generic_category(), "loopback listener");
    }
    port_ = ntohs(address.sin_port);
  }
  ~LoopbackListener() { close(socket_); }
  LoopbackListener(const LoopbackListener&) = delete;
  LoopbackListener& operator=(const LoopbackListener&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// A connection is waiting to be taken.
  bool was_called() const {
    const int call = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (call >= 0) close(call);
    return call >= 0;
  }

 private:
  int socket_;
  int port_ = 0;
};

}  // namespace timetrial::test
