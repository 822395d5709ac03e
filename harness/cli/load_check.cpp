#include "harness/cli/load_check.h"

#include "harness/sandbox/spawn.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <set>
#include <string>
#include <system_error>

namespace timetrial::cli {
namespace {

// Foreign code runs while a library is loaded: it gets little of everything.
constexpr std::chrono::seconds kPatience{20};
constexpr std::size_t kMostWords = 4096;
constexpr std::int64_t kMemoryBytes = std::int64_t{4} << 30;

/// What comes out of the descriptor until its end, the limit, or too late.
std::string words_of(const protocol::FileDescriptor& output) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::string words;
  std::array<char, kMostWords> buffer{};
  while (words.size() < kMostWords) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd readable{output.get(), POLLIN, 0};
    if (left.count() <= 0 || poll(&readable, 1, static_cast<int>(left.count())) == 0) break;
    const ssize_t count = read(output.get(), buffer.data(), buffer.size());
    if (count == 0) break;
    if (count > 0) words.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return words;
}

bool loads(const Program& program, const std::string& library) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe");
  }
  const protocol::FileDescriptor output(ends[0]);
  protocol::FileDescriptor input(ends[1]);
  sandbox::SpawnOptions options;
  options.executable = sibling(program, "timetrial-worker");
  options.arguments = {"load", library};
  for (char** variable = environ; *variable != nullptr; ++variable) {
    options.environment.emplace_back(*variable);
  }
  options.standard_error = input.get();
  options.data_limit_bytes = kMemoryBytes;
  options.parent_death_signal = SIGKILL;
  const sandbox::Child child = sandbox::spawn(options);
  input.reset();
  const std::string words = words_of(output);
  kill(child.pid, SIGKILL);  // if it has not ended; it can have no children
  const sandbox::ExitStatus status = sandbox::wait_for(child.pid);
  if (status.signaled || status.code != static_cast<int>(ExitCode::bad_input)) return true;
  fmt::print(stderr, "{}", words.empty() ? library + ": ended while it was loaded\n" : words);
  return false;
}

}  // namespace

bool all_load(const Program& program, std::span<const sweep::Plan> plans) {
  std::set<std::string> seen;  // a study's runs mostly share one, and to load LibTorch takes time
  for (const auto& plan : plans) {
    for (const auto& submission : plan.submissions) {
      if (!seen.insert(submission.library).second) continue;
      if (!loads(program, submission.library)) return false;
    }
  }
  return true;
}

}  // namespace timetrial::cli
