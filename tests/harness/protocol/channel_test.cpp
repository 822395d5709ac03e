#include "harness/protocol/channel.h"

#include "harness/protocol/bytes.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace timetrial::protocol {
namespace {

TEST(Channel, DeliversMessagesInOrder) {
  auto [referee, worker] = Channel::pair();
  referee.send(Go{1, false, {}});
  referee.send(Stop{});
  EXPECT_EQ(std::get<Go>(worker.receive().message).time_used_s, 1);
  EXPECT_TRUE(std::holds_alternative<Stop>(worker.receive().message));
  EXPECT_FALSE(worker.try_receive().has_value());
}

TEST(Channel, CarriesADescriptor) {
  auto [referee, worker] = Channel::pair();
  const FileDescriptor file(memfd_create("test", MFD_CLOEXEC));
  ASSERT_EQ(write(file.get(), "abc", 3), 3);
  referee.send(SaveCheckpoint{}, file.get());
  const Received received = worker.receive();
  ASSERT_TRUE(received.descriptor);
  EXPECT_NE(received.descriptor.get(), file.get());
  std::array<char, 3> text{};
  EXPECT_EQ(pread(received.descriptor.get(), text.data(), 3, 0), 3);
  EXPECT_EQ(std::string(text.data(), 3), "abc");
}

TEST(Channel, SaysThatThePeerHasGone) {
  auto ends = Channel::pair();
  { const Channel gone = std::move(ends.second); }
  EXPECT_THROW(ends.first.receive(), ChannelClosed);
  EXPECT_THROW(ends.first.send(Stop{}), ChannelClosed);
}

TEST(Channel, DoesNotWaitForEverForAPeerThatTakesNothing) {
  auto [referee, worker] = Channel::pair();
  const auto flood = [&end = referee] {
    while (true) end.send(Go{1, true, {}});
  };
  EXPECT_THROW(flood(), ProtocolError);
}

TEST(Channel, RefusesWhatIsNoMessage) {
  auto [referee, worker] = Channel::pair();
  ASSERT_EQ(::send(worker.fd(), "hello", 5, 0), 5);
  EXPECT_THROW(referee.receive(), ProtocolError);
}

TEST(Channel, RefusesAMessageThatIsTooLong) {
  auto [referee, worker] = Channel::pair();
  const std::string huge(kMaxMessage + 1, 'x');
  ASSERT_EQ(::send(worker.fd(), huge.data(), huge.size(), 0), static_cast<ssize_t>(huge.size()));
  EXPECT_THROW(referee.receive(), ProtocolError);
}

TEST(Channel, SendsTheLargestMessageWhole) {
  auto [referee, worker] = Channel::pair();
  Configure configure;
  for (int i = 0; i < 3000; ++i) configure.point["hyperparameter_" + std::to_string(i)] = i;
  referee.send(configure);
  EXPECT_EQ(std::get<Configure>(worker.receive().message).point.size(), 3000U);
}

}  // namespace
}  // namespace timetrial::protocol
