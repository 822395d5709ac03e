#include "harness/device/device.h"

#include <ATen/Parallel.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
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

/// What the kernel was told of the mapping at an address: two letters for each of its flags.
std::string mapping_flags(const void* address) {
  const auto place = reinterpret_cast<std::uintptr_t>(address);
  std::ifstream maps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0, end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) {
      inside = begin <= place && place < end;
    } else if (inside && line.starts_with("VmFlags:")) {
      return line.substr(8) + ' ';
    }
  }
  return {};
}

TEST_F(Device, LargeTensorsAskForLargePages) {
  if (!std::filesystem::exists("/sys/kernel/mm/transparent_hugepage/enabled")) {
    GTEST_SKIP() << "this kernel has no large pages for tensors";
  }
  const at::Tensor table = at::ones({16 << 20});  // 64 MiB
  const auto* middle = table.const_data_ptr<float>() + table.numel() / 2;
  EXPECT_THAT(mapping_flags(middle), testing::HasSubstr(" hg "));
}

}  // namespace
}  // namespace timetrial::device
