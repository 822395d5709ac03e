#include "harness/protocol/channel.h"

#include "harness/protocol/bytes.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

namespace timetrial::protocol {
namespace {

/// Room for a message is only missing where many were never taken.
constexpr timeval kSendPatience{10, 0};

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// Takes the first descriptor out of a control message and closes any others.
FileDescriptor take_descriptor(msghdr& header) {
  FileDescriptor first;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
      FileDescriptor owned(fd);
      if (!first) first = std::move(owned);
    }
  }
  return first;
}

}  // namespace

std::pair<Channel, Channel> Channel::pair() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw_errno("socketpair");
  }
  // One message must fit whole.
  const int buffer_bytes = 4 * static_cast<int>(kMaxMessage);
  for (const int fd : ends) {
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kSendPatience, sizeof kSendPatience);
  }
  return {Channel(FileDescriptor(ends[0])), Channel(FileDescriptor(ends[1]))};
}

void Channel::send(const Message& message, int descriptor) {
  const std::vector<std::byte> bytes = encode(message);
  if (bytes.size() > kMaxMessage) throw ProtocolError("message is too long to send");
  iovec data{const_cast<std::byte*>(bytes.data()), bytes.size()};
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  if (descriptor >= 0) {
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    cmsghdr* part = CMSG_FIRSTHDR(&header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(part), &descriptor, sizeof descriptor);
  }
  while (sendmsg(fd(), &header, MSG_NOSIGNAL) < 0) {
    if (errno == EINTR) continue;
    if (errno == EPIPE || errno == ECONNRESET) throw ChannelClosed();
    if (errno == EAGAIN) throw ProtocolError("the other process does not take its messages");
    throw_errno("sendmsg");
  }
}

Received Channel::receive() { return std::move(*receive_with(0)); }

std::optional<Received> Channel::try_receive() { return receive_with(MSG_DONTWAIT); }

std::optional<Received> Channel::receive_with(int flags) {
  std::vector<std::byte> buffer(kMaxMessage);
  iovec data{buffer.data(), buffer.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(8 * sizeof(int))> control{};
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  ssize_t received = -1;
  while ((received = recvmsg(fd(), &header, flags | MSG_CMSG_CLOEXEC)) < 0) {
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return std::nullopt;
    if (errno == ECONNRESET) throw ChannelClosed();
    throw_errno("recvmsg");
  }
  FileDescriptor descriptor = take_descriptor(header);
  if (received == 0) throw ChannelClosed();
  if ((header.msg_flags & MSG_TRUNC) != 0) throw ProtocolError("message is too long");
  return Received{decode(std::span(buffer.data(), static_cast<std::size_t>(received))),
                  std::move(descriptor)};
}

}  // namespace timetrial::protocol
