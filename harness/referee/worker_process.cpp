#include "harness/referee/worker_process.h"

#include "harness/sandbox/namespaces.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <system_error>
#include <thread>

namespace timetrial::referee {
namespace {

constexpr std::chrono::milliseconds kFreezePatience{5000};

constexpr int kSignalBase = 128;  // of an exit code that stands for a signal

/// The worker's environment: what the run time of LibTorch needs, and nothing of the user's.
std::vector<std::string> environment(const WorkerOptions& options, const std::string& scratch) {
  std::vector<std::string> variables{"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=" + scratch,
                                     "TMPDIR=" + scratch,
                                     "OMP_NUM_THREADS=" + std::to_string(options.threads)};
  for (const char* name : {"LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "ASAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) variables.push_back(std::string(name) + "=" + value);
  }
  return variables;
}

sandbox::Child start(const WorkerOptions& options, int channel, int region, int output) {
  sandbox::Command command{options.executable, {"serve"}};
  std::filesystem::path scratch = options.scratch;
  if (options.enclosure) {
    command = sandbox::enclose({*options.enclosure, options.scratch_limit_bytes}, command);
    scratch = sandbox::kScratch;
  } else {
    std::filesystem::create_directories(scratch);
  }
  return sandbox::spawn({.executable = command.executable,
                         .arguments = command.arguments,
                         .environment = environment(options, scratch),
                         .working_directory = options.enclosure ? "/" : scratch,
                         .inherited = {channel, region},
                         .standard_output = output,
                         .standard_error = output,
                         .data_limit_bytes = options.memory_limit_bytes,
                         // A checkpoint holds what fits into memory.
                         .file_limit_bytes = options.memory_limit_bytes,
                         .parent_death_signal = SIGKILL});
}

}  // namespace

WorkerProcess::WorkerProcess(const WorkerOptions& options, protocol::SharedRegion& region)
    : WorkerProcess(options, region, protocol::Channel::pair()) {}

WorkerProcess::WorkerProcess(const WorkerOptions& options, protocol::SharedRegion& region,
                             std::pair<protocol::Channel, protocol::Channel> ends)
    : tree_(getpid()),
      channel_(std::move(ends.first)),
      enclosed_(options.enclosure.has_value()),
      log_(options.log),
      child_(start(options, ends.second.fd(), region.fd(), log_.take_input().get())) {}

WorkerProcess::~WorkerProcess() {
  try {
    finish();
  } catch (const std::exception&) {
    // Nothing more can be done for a tree that will not die; the kernel reports it.
  }
}

Wakeup WorkerProcess::wait(clock::Duration timeout, int signal_fd) {
  std::array<pollfd, 3> fds{pollfd{channel_.fd(), POLLIN, 0}, pollfd{signal_fd, POLLIN, 0},
                            pollfd{log_.fd(), POLLIN, 0}};
  const timespec limit{static_cast<time_t>(timeout.count() / 1'000'000'000),
                       static_cast<long>(timeout.count() % 1'000'000'000)};
  Wakeup wakeup;
  if (ppoll(fds.data(), fds.size(), &limit, nullptr) < 0 && errno != EINTR) {
    throw std::system_error(errno, std::generic_category(), "poll");
  }
  wakeup.interrupted = (fds[1].revents & POLLIN) != 0;
  if (fds[2].revents != 0) log_.take();
  if (fds[0].revents != 0) {
    try {
      wakeup.message = channel_.try_receive();
    } catch (const protocol::ChannelClosed&) {
      wakeup.closed = true;
    }
  }
  return wakeup;
}

void WorkerProcess::freeze() {
  tree_.freeze(kFreezePatience);
  peak_bytes_ = std::max(peak_bytes_, tree_.resident_bytes());
  frozen_cpu_ns_ = tree_.cpu_ns();
}

bool WorkerProcess::dies_within(clock::Duration patience) {
  constexpr std::chrono::milliseconds kPause{1};
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!sandbox::has_ended(pid()) && !sandbox::has_ended(child_.pid)) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

pid_t WorkerProcess::pid() {
  if (!enclosed_) return child_.pid;
  if (program_ < 0) {
    // The first process of the namespaces, and its first child.
    const auto processes = sandbox::descendants(child_.pid);
    if (processes.size() >= 2) program_ = processes[1];
  }
  return program_;
}

WorkerProcess::Use WorkerProcess::use() {
  const std::string folder = "/proc/" + std::to_string(pid());
  std::ifstream memory(folder + "/statm");
  std::int64_t size = 0, resident = 0, shared = 0;
  memory >> size >> resident >> shared;
  const Use use{(resident - shared) * sysconf(_SC_PAGESIZE), sandbox::count_threads(pid())};
  peak_bytes_ = std::max(peak_bytes_, use.resident_bytes);
  return use;
}

void WorkerProcess::stop(clock::Duration patience) {
  try {
    tree_.thaw();
    channel_.send(protocol::Stop{});
  } catch (const protocol::ChannelClosed&) {
    // It has gone already.
  }
  finish_within(patience);
}

sandbox::ExitStatus WorkerProcess::program_status(const sandbox::ExitStatus& status) const {
  if (!enclosed_ || status.signaled || status.code <= kSignalBase) return status;
  return {true, status.code - kSignalBase};
}

sandbox::ExitStatus WorkerProcess::finish() {
  if (!status_) {
    tree_.kill_all();
    status_ = program_status(sandbox::wait_for(child_.pid));
    log_.finish();
  }
  return *status_;
}

sandbox::ExitStatus WorkerProcess::finish_within(clock::Duration patience) {
  std::array<pollfd, 2> fds{pollfd{child_.pidfd.get(), POLLIN, 0}, pollfd{log_.fd(), POLLIN, 0}};
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!status_ && fds[0].revents == 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) break;
    poll(fds.data(), fds.size(), static_cast<int>(left.count()));
    // It may wait until its last words are read.
    if (fds[1].revents != 0) log_.take();
    fds[1].fd = log_.fd();
  }
  if (!status_ && fds[0].revents != 0) {
    status_ = program_status(sandbox::wait_for(child_.pid));
    tree_.kill_all();
    log_.finish();
  }
  return finish();
}

}  // namespace timetrial::referee
