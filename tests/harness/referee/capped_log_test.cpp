#include "harness/referee/capped_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

namespace timetrial::referee {
namespace {

namespace fs = std::filesystem;

class CappedLogTest : public testing::Test {
 protected:
  void SetUp() override { fs::remove(file_); }
  std::string text() const {
    std::ifstream in(file_);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  fs::path file_ = fs::path(testing::TempDir()) / "capped_log_test";
};

void print(const protocol::FileDescriptor& out, const std::string& text) {
  ASSERT_EQ(write(out.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

TEST_F(CappedLogTest, KeepsWhatIsPrintedAsItComes) {
  CappedLog log(file_);
  protocol::FileDescriptor out = log.take_input();
  log.take();  // nothing yet, and no waiting
  print(out, "one\n");
  log.take();
  EXPECT_EQ(text(), "one\n");
  print(out, "two\n");
  out.reset();
  log.finish();
  EXPECT_EQ(text(), "one\ntwo\n");
}

TEST_F(CappedLogTest, EndsWithItsPrinters) {
  CappedLog log(file_);
  log.take_input().reset();
  EXPECT_GE(log.fd(), 0);
  log.take();
  EXPECT_EQ(log.fd(), -1) << "or a loop that polls it would spin";
}

TEST_F(CappedLogTest, DropsWhatDoesNotFitAndSaysSo) {
  CappedLog log(file_);
  protocol::FileDescriptor out = log.take_input();
  std::thread printer([out = std::move(out)] {
    const std::string block(1 << 20, 'x');
    for (int i = 0; i < 20; ++i) {
      if (write(out.get(), block.data(), block.size()) < 0) return;
    }
  });
  while (log.fd() >= 0) {
    pollfd printed{log.fd(), POLLIN, 0};
    poll(&printed, 1, -1);
    log.take();
  }
  printer.join();
  const auto bytes = static_cast<std::int64_t>(fs::file_size(file_));
  EXPECT_GE(bytes, CappedLog::kMaxBytes);
  EXPECT_LT(bytes, CappedLog::kMaxBytes + 200);
  EXPECT_THAT(text(), testing::HasSubstr("the log is full"));
  // The next attempt's log goes on where this one stopped: full.
  CappedLog next(file_);
  print(next.take_input(), "more");
  next.finish();
  EXPECT_EQ(static_cast<std::int64_t>(fs::file_size(file_)), bytes);
}

}  // namespace
}  // namespace timetrial::referee
