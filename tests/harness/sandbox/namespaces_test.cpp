#include "harness/sandbox/namespaces.h"

#include "harness/sandbox/spawn.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>

namespace timetrial::sandbox {
namespace {

namespace fs = std::filesystem;
using protocol::FileDescriptor;
using testing::HasSubstr;

class Namespaces : public testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = why_no_namespaces();
    if (!reason.empty()) GTEST_SKIP() << reason;
    fs::remove_all(folder_);
    for (const char* name : {"shown", "hidden"}) {
      fs::create_directories(folder_ / name);
      std::ofstream(folder_ / name / "a") << "text";
    }
  }

  /// What a shell script prints inside, without the last line's end.
  std::string inside(const std::string& script) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    FileDescriptor reading(ends[0]), writing(ends[1]);
    const Command command =
        enclose({.access = {.readable = {"/usr", "/lib", "/lib64", "/bin", folder_ / "shown"},
                            .writable = {},
                            .devices = {"/dev/null"}},
                 .scratch_bytes = 1 << 20},
                {"/bin/sh", {"-c", script}});
    const Child child = spawn({.executable = command.executable,
                               .arguments = command.arguments,
                               .environment = {"PATH=/usr/bin:/bin"},
                               .working_directory = "/",
                               .inherited = {},
                               .standard_output = writing.get(),
                               .standard_error = writing.get()});
    writing.reset();
    std::string output;
    std::array<char, 4096> buffer{};
    for (ssize_t count = 0; (count = read(reading.get(), buffer.data(), buffer.size())) > 0;) {
      output.append(buffer.data(), static_cast<std::size_t>(count));
    }
    status_ = wait_for(child.pid);
    while (output.ends_with("\n")) output.pop_back();
    return output;
  }

  fs::path folder_ = fs::path(testing::TempDir()) / "namespaces_test";
  ExitStatus status_;
};

TEST_F(Namespaces, ShowFilesThatAreNamedAndNoOthers) {
  EXPECT_EQ(inside("cat " + (folder_ / "shown" / "a").string()), "text");
  EXPECT_THAT(inside("cat " + (folder_ / "hidden" / "a").string()), HasSubstr("No such file"));
  EXPECT_THAT(inside("echo x > " + (folder_ / "shown" / "a").string()), HasSubstr("Read-only"));
  EXPECT_THAT(inside("echo x > /mine"), HasSubstr("Read-only"));
  EXPECT_THAT(inside("echo x > /dev/mine"), HasSubstr("Read-only"));
}

TEST_F(Namespaces, HaveAScratchFolderWithALimit) {
  EXPECT_EQ(inside("pwd; echo x > a; cat a; ls"), "/scratch\nx\na");
  EXPECT_THAT(inside("yes | head -c 2000000 > a; cat a | wc -c"), HasSubstr("1048576"))
      << "one MiB of the two fits";
}

TEST_F(Namespaces, ShowNoProcessesOfOthers) {
  const int seen = std::atoi(inside("ls /proc | grep -c '^[0-9]'").c_str());
  EXPECT_GE(seen, 1);
  EXPECT_LE(seen, 4) << "the first process, the shell, and its two programs";
  EXPECT_THAT(inside("kill -0 " + std::to_string(getpid())), HasSubstr("No such process"));
}

TEST_F(Namespaces, HaveNoNetworkButTheirOwn) {
  EXPECT_EQ(inside("grep -c : /proc/net/dev"), "1") << "the loopback";
}

TEST_F(Namespaces, HaveNoRights) {
  EXPECT_EQ(inside("grep -o 'CapEff:.*' /proc/self/status | tr -d '\t'"),
            "CapEff:0000000000000000");
}

TEST_F(Namespaces, TellHowTheCommandEnded) {
  inside("exit 7");
  EXPECT_EQ(status_.code, 7);
  inside("kill -SEGV $$");
  EXPECT_FALSE(status_.signaled);
  EXPECT_EQ(status_.code, 128 + SIGSEGV);
}

TEST_F(Namespaces, EndAllThatWasStartedInThem) {
  const auto marker = (folder_ / "shown").string();
  EXPECT_EQ(inside("(setsid sh -c 'sleep 1000; ls " + marker + "' &) ; sleep 0.2; echo over"),
            "over")
      << "the pipe would stay open as long as the sleeper lives";
}

TEST(NamespacesMissing, AreToldWithTheRemedy) {
  const std::string path = std::getenv("PATH");
  if (access("/usr/bin/bwrap", X_OK) == 0) GTEST_SKIP() << "bubblewrap is installed";
  EXPECT_THAT(why_no_namespaces(), HasSubstr("apt-get install bubblewrap"));
}

}  // namespace
}  // namespace timetrial::sandbox
