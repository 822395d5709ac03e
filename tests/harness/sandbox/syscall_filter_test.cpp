#include "harness/sandbox/syscall_filter.h"

#include "harness/sandbox/spawn.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
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
    deny_system_calls(LocalSockets::denied);
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
    deny_system_calls(LocalSockets::allowed);
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

TEST(SyscallFilter, LeavesThreadsChildrenAndFilesAlone) {
  EXPECT_EQ(first_failure(
                [] {
                  std::atomic<bool> ran{false};
                  std::thread([&] { ran = true; }).join();
                  return ran.load();
                },
                [] {
                  const pid_t child = fork();
                  if (child == 0) _exit(3);
                  int status = 0;
                  return waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 3;
                },
                [] {
                  std::FILE* file = std::tmpfile();
                  return file != nullptr && std::fputs("x", file) >= 0 && std::fclose(file) == 0;
                }),
            0);
}

TEST(SyscallFilter, HoldsForThreadsThatWereThereAndForChildren) {
  const pid_t pid = fork();
  if (pid == 0) {
    std::atomic<bool> filtered{false}, held{false};
    std::thread other([&] {
      while (!filtered) std::this_thread::yield();
      held = refused(socket(AF_INET, SOCK_STREAM, 0));
    });
    deny_system_calls(LocalSockets::denied);
    filtered = true;
    other.join();
    const pid_t child = fork();
    if (child == 0) _exit(refused(socket(AF_INET, SOCK_STREAM, 0)) ? 0 : 1);
    _exit(held && wait_for(child).code == 0 ? 0 : 1);
  }
  EXPECT_EQ(wait_for(pid).code, 0);
}

}  // namespace
}  // namespace timetrial::sandbox
