#include "harness/device/device.h"

#include <ATen/Parallel.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdint>
#include <thread>
#include <vector>

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

/// A process opens its device once.
class Device : public testing::Test {
 protected:
  static void SetUpTestSuite() { open_device("cpu", 2); }
};

TEST_F(Device, AReadingThreadBringsNoTeamOfItsOwn) {
  EXPECT_EQ(threads_of_new_thread(false), 2);
  EXPECT_EQ(threads_of_new_thread(true), 1);
  EXPECT_EQ(at::get_num_threads(), 2);  // the others keep theirs
}

#ifdef __GLIBC__
/// Page faults of this process so far.
long page_faults() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

TEST_F(Device, TensorsTakeTheMemoryOfThoseBefore) {
  constexpr std::int64_t kFloats = 1 << 20;  // 1,024 pages of 4 KiB
  const auto come_and_go = [] {
    std::vector<at::Tensor> together;
    for (int i = 0; i < 32; ++i) together.push_back(at::ones({kFloats}));
  };
  come_and_go();
  come_and_go();
  const long before = page_faults();
  come_and_go();
  EXPECT_LT(page_faults() - before, 32 * 1024 / 4);  // one or two may still lie elsewhere
}
#endif

}  // namespace
}  // namespace timetrial::device
