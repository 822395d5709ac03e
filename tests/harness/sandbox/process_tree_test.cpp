#include "harness/sandbox/process_tree.h"

#include "harness/sandbox/spawn.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

namespace timetrial::sandbox {
namespace {

using std::chrono::milliseconds;

/// What follows the name in /proc/…/stat: "R 123 …", state and parent first.
std::string stat_of(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(in, line);
  const auto close = line.rfind(')');
  return close == std::string::npos ? "-" : line.substr(close + 2);
}

char state_of(pid_t pid) { return stat_of(pid).front(); }

bool is_child(pid_t pid) {
  return stat_of(pid).substr(1).starts_with(" " + std::to_string(getpid()) + " ");
}

/// The child and the grandchild, which is adopted once the shell between them has ended.
bool both_are_there() {
  const auto pids = descendants(getpid());
  return pids.size() == 2 && is_child(pids[0]) && is_child(pids[1]);
}

/// Polls a condition that another process brings about.
template <typename Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

/// A busy child with a busy grandchild that has left its session and its parent.
class Family : public testing::Test {
 protected:
  void SetUp() override {
    become_subreaper();
    SpawnOptions options;
    options.executable = "/bin/sh";
    options.environment = {"PATH=/usr/bin:/bin"};
    options.arguments = {"-c", "(setsid sh -c 'while :; do :; done' & ) ; while :; do :; done"};
    child_ = spawn(options);
    ASSERT_TRUE(eventually([this] { return tree_.cpu_ns() > 0 && both_are_there(); }));
  }
  void TearDown() override {
    tree_.kill_all();
    wait_for(child_.pid);
  }
  Child child_;
  ProcessTree tree_{getpid()};
};

TEST_F(Family, AreFoundThoughTheyLeftTheirSession) { EXPECT_EQ(descendants(getpid()).size(), 2U); }

TEST_F(Family, DoNothingWhileFrozenAndGoOnWhenThawed) {
  tree_.freeze(milliseconds(5000));
  for (const pid_t pid : descendants(getpid())) EXPECT_EQ(state_of(pid), 'T');
  const std::int64_t before = tree_.cpu_ns();
  const auto until = std::chrono::steady_clock::now() + milliseconds(50);
  while (std::chrono::steady_clock::now() < until) {
  }
  EXPECT_EQ(tree_.cpu_ns(), before);
  tree_.thaw();
  EXPECT_TRUE(eventually([&] { return tree_.cpu_ns() > before; }));
}

TEST_F(Family, AreAllKilled) {
  tree_.kill_all();
  EXPECT_TRUE(descendants(getpid()).empty());
  EXPECT_EQ(state_of(child_.pid), 'Z');
}

TEST_F(Family, TakeMemory) { EXPECT_GT(tree_.resident_bytes(), 0); }

}  // namespace
}  // namespace timetrial::sandbox
