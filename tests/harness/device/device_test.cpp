#include "harness/device/device.h"

#include <ATen/Parallel.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include <thread>

namespace timetrial::device {
namespace {

/// The number of threads that LibTorch would use on a new thread, after some first operation there.
int threads_of_new_thread(bool alone) {
  int threads = 0;
  std::thread([&] {
    if (alone) compute_alone();
    at::ones({8}).sum();
    threads = at::get_num_threads();
  }).join();
  return threads;
}

TEST(Device, AReadingThreadBringsNoTeamOfItsOwn) {
  open_device("cpu", 2);
  EXPECT_EQ(threads_of_new_thread(false), 2);
  EXPECT_EQ(threads_of_new_thread(true), 1);
  EXPECT_EQ(at::get_num_threads(), 2);  // the others keep theirs
}

}  // namespace
}  // namespace timetrial::device
