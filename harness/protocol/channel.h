#pragma once
// A connected Unix socket that carries whole messages (SOCK_SEQPACKET), and descriptors with them.

#include "harness/protocol/file_descriptor.h"
#include "harness/protocol/message.h"

#include <optional>
#include <utility>

namespace timetrial::protocol {

/// The other side has closed its end.
class ChannelClosed : public std::exception {
 public:
  const char* what() const noexcept override { return "the other process has gone"; }
};

struct Received {
  Message message;
  FileDescriptor descriptor;  ///< empty when none came along
};

class Channel {
 public:
  explicit Channel(FileDescriptor socket) : socket_(std::move(socket)) {}

  /// Two connected ends, both close-on-exec.
  static std::pair<Channel, Channel> pair();

  /// Blocks until sent. `descriptor` is duplicated into the receiver. Throws ChannelClosed,
  /// ProtocolError when the peer leaves its messages unread for long, or std::system_error.
  void send(const Message& message, int descriptor = -1);

  /// Blocks until a message arrives. Throws ChannelClosed when the peer has gone, ProtocolError for
  /// a malformed message.
  Received receive();

  /// Like receive(), but empty when nothing is waiting.
  std::optional<Received> try_receive();

  int fd() const { return socket_.get(); }

 private:
  std::optional<Received> receive_with(int flags);
  FileDescriptor socket_;
};

}  // namespace timetrial::protocol
