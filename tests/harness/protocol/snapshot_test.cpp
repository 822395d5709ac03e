#include "harness/protocol/snapshot.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>

namespace timetrial::protocol {
namespace {

SnapshotLayout sample(std::int64_t rows = 3) {
  return SnapshotLayout({{"a", "F32", {rows, 5}, static_cast<std::size_t>(rows) * 20, 0},
                         {"b", "F32", {}, 4, 0},
                         {"c", "I64", {0}, 0, 0}});
}

TEST(SnapshotLayout, AlignsTensorsBehindTheControlPage) {
  const SnapshotLayout layout = sample();
  EXPECT_EQ(layout.tensors()[0].offset, SharedRegion::kControlBytes);
  EXPECT_EQ(layout.tensors()[1].offset, SharedRegion::kControlBytes + 64);
  EXPECT_EQ(layout.region_bytes(), SharedRegion::kControlBytes + 128);
}

TEST(SnapshotLayout, HashTellsLayoutsApart) {
  EXPECT_EQ(sample().hash(), sample().hash());
  EXPECT_NE(sample().hash(), sample(2).hash());
}

TEST(SharedRegion, SharesBytesAndControl) {
  const SnapshotLayout layout = sample();
  SharedRegion made = SharedRegion::create(layout.region_bytes());
  SharedRegion mapped = SharedRegion::map(FileDescriptor(dup(made.fd())), layout.region_bytes());
  std::memcpy(mapped.bytes(layout.tensors()[1]).data(), "1234", 4);
  mapped.control().step = 17;
  EXPECT_EQ(std::memcmp(made.bytes(layout.tensors()[1]).data(), "1234", 4), 0);
  EXPECT_EQ(made.control().step, 17);
}

TEST(SharedRegion, CannotBeResized) {
  const SharedRegion region = SharedRegion::create(8192);
  EXPECT_NE(ftruncate(region.fd(), 4096), 0);
  EXPECT_NE(ftruncate(region.fd(), 16384), 0);
}

TEST(SharedRegion, RefusesAnotherSize) {
  const SharedRegion region = SharedRegion::create(8192);
  EXPECT_THROW(SharedRegion::map(FileDescriptor(dup(region.fd())), 4096), std::runtime_error);
}

}  // namespace
}  // namespace timetrial::protocol
