#include "harness/sandbox/syscall_filter.h"

#include "harness/sandbox/spawn.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <thread>

namespace timetrial::sandbox {
namespace {

/// Runs the checks in a child under the filter; 0, or the number of the first that failed.
template <class... Checks>
int first_failure(const Checks&... checks) {
  const pid_t pid = fork();
  if (pid == 0) {
    deny_system_calls({});
    int number = 0, failed = 0;
    const auto run = [&](const auto& check) {
      ++number;
      if (failed == 0 && !check()) failed = number;
    };
    (run(checks), ...);
    _exit(failed);
  }
  const ExitStatus status = wait_for(pid);
  EXPECT_FALSE(status.signaled) << describe(status);
  return status.code;
}

bool refused(long result) { return result == -1 && errno == EPERM; }

TEST(SyscallFilter, RefusesSockets) {
  EXPECT_EQ(first_failure([] { return refused(socket(AF_INET, SOCK_STREAM, 0)); },
                          [] { return refused(socket(AF_INET6, SOCK_DGRAM, 0)); },
                          [] { return refused(socket(AF_NETLINK, SOCK_RAW, 0)); },
                          [] { return refused(socket(AF_UNIX, SOCK_STREAM, 0)); },
                          [] {
                            int ends[2];
                            return socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0;
                          }),
            0);
}

TEST(SyscallFilter, LeavesLocalSocketsIfAsked) {
  const pid_t pid = fork();
  if (pid == 0) {
    deny_system_calls({.local_sockets = true});
    const bool right =
        socket(AF_UNIX, SOCK_STREAM, 0) >= 0 && refused(socket(AF_INET, SOCK_STREAM, 0));
    _exit(right ? 0 : 1);
  }
  EXPECT_EQ(wait_for(pid).code, 0);
}

TEST(SyscallFilter, RefusesNamespacesOtherProcessesAndWorkWhileStopped) {
  EXPECT_EQ(
      first_failure([] { return refused(unshare(CLONE_NEWUSER)); },
                    [] { return refused(syscall(SYS_clone, CLONE_NEWUSER, 0, 0, 0, 0)); },
                    [] { return refused(syscall(SYS_ptrace, 16, getppid(), 0, 0)); },
                    [] { return refused(syscall(SYS_process_vm_readv, getppid(), 0, 0, 0, 0, 0)); },
                    [] { return refused(syscall(SYS_io_uring_setup, 1, nullptr)); },
                    [] { return refused(syscall(SYS_bpf, 0, nullptr, 0)); },
                    [] { return refused(syscall(SYS_perf_event_open, nullptr, 0, -1, -1, 0)); }),
      0);
}

TEST(SyscallFilter, RefusesProcessesAndLeavesThreadsAndFilesAlone) {
  EXPECT_EQ(first_failure(
                [] {
                  std::atomic<bool> ran{false};
                  std::thread([&] { ran = true; }).join();
                  return ran.load();
                },
                [] { return refused(fork()); }, [] { return refused(vfork()); },
                [] { return refused(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); },
                [] {
                  std::FILE* file = std::tmpfile();
                  return file != nullptr && std::fputs("x", file) >= 0 && std::fclose(file) == 0;
                }),
            0);
}

TEST(SyscallFilter, RefusesSignalsToOrder) {
  EXPECT_EQ(first_failure(
                [] {
                  timer_t timer{};
                  return refused(timer_create(CLOCK_MONOTONIC, nullptr, &timer));
                },
                [] { return refused(fcntl(0, 10 /* F_SETSIG */, SIGCONT)); },
                [] { return fcntl(0, F_GETFD) >= 0; }),
            0);
}

void* shared_memory() {
  return mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

TEST(SyscallFilter, RefusesMemoryThatNoLimitCounts) {
  EXPECT_EQ(first_failure([] { return shared_memory() == MAP_FAILED; },
                          [] { return refused(memfd_create("x", 0)); },
                          [] { return refused(shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600)); },
                          [] {
                            return mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                                        0) != MAP_FAILED;
                          }),
            0);
  const pid_t pid = fork();
  if (pid == 0) {
    deny_system_calls({.shared_memory = true});
    _exit(shared_memory() != MAP_FAILED && memfd_create("x", 0) >= 0 ? 0 : 1);
  }
  EXPECT_EQ(wait_for(pid).code, 0);
}

TEST(SyscallFilter, HoldsForThreadsThatWereThere) {
  const pid_t pid = fork();
  if (pid == 0) {
    std::atomic<bool> filtered{false}, held{false};
    std::thread other([&] {
      while (!filtered) std::this_thread::yield();
      held = refused(socket(AF_INET, SOCK_STREAM, 0));
    });
    deny_system_calls({});
    filtered = true;
    other.join();
    _exit(held ? 0 : 1);
  }
  EXPECT_EQ(wait_for(pid).code, 0);
}

}  // namespace
}  // namespace timetrial::sandbox
