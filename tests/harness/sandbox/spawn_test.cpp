#include "harness/sandbox/spawn.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <string>

namespace timetrial::sandbox {
namespace {

using protocol::FileDescriptor;

struct ShellRun {
  ExitStatus status;
  std::string output;
};

/// Runs a shell script and takes what it prints to stdout.
ShellRun run_shell(const std::string& script, SpawnOptions options = {}) {
  std::array<int, 2> ends{};
  EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  FileDescriptor reading(ends[0]), writing(ends[1]);
  options.executable = "/bin/sh";
  options.arguments = {"-c", script};
  options.standard_output = writing.get();
  const Child child = spawn(options);
  writing.reset();
  ShellRun run;
  std::array<char, 4096> buffer{};
  ssize_t count = 0;
  while ((count = read(reading.get(), buffer.data(), buffer.size())) > 0) {
    run.output.append(buffer.data(), static_cast<std::size_t>(count));
  }
  run.status = wait_for(child.pid);
  return run;
}

TEST(Spawn, GivesExactlyTheEnvironmentItIsTold) {
  SpawnOptions options;
  options.environment = {"A=1", "PATH=/usr/bin:/bin"};
  const ShellRun run = run_shell("echo \"$A-$HOME-\"", options);
  EXPECT_EQ(run.output, "1--\n");
}

TEST(Spawn, HandsOverTheNamedDescriptorsAndNoOthers) {
  const FileDescriptor extra(memfd_create("not for the child", 0));  // without close-on-exec
  const FileDescriptor first(memfd_create("first", MFD_CLOEXEC));
  ASSERT_EQ(write(first.get(), "hello", 5), 5);
  lseek(first.get(), 0, SEEK_SET);
  SpawnOptions options;
  options.inherited = {first.get()};
  const ShellRun run = run_shell(
      "cat <&3; for f in 4 5 6 7 8 9; do [ -e /proc/self/fd/$f ] && echo $f; done", options);
  EXPECT_EQ(run.output, "hello");
}

TEST(Spawn, TellsHowAChildEnded) {
  EXPECT_EQ(run_shell("exit 7").status.code, 7);
  const ExitStatus killed = run_shell("kill -SEGV $$").status;
  EXPECT_TRUE(killed.signaled);
  EXPECT_EQ(killed.code, SIGSEGV);
  EXPECT_EQ(describe(killed), "was killed by signal 11 (Segmentation fault)");
}

TEST(Spawn, LimitsDataMemory) {
  SpawnOptions options;
  options.data_limit_bytes = 64 << 20;
  const ShellRun run = run_shell("ulimit -d", options);
  EXPECT_EQ(run.output, "65536\n");
}

TEST(Spawn, ReportsAnExecutableThatIsNotThere) {
  SpawnOptions options;
  options.executable = "/nonexistent/program";
  const Child child = spawn(options);
  EXPECT_EQ(wait_for(child.pid).code, 127);
}

}  // namespace
}  // namespace timetrial::sandbox
