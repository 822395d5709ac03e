#include "harness/referee/worker_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <system_error>

namespace timetrial::referee {
namespace {

constexpr std::chrono::milliseconds kFreezePatience{5000};

/// The worker's environment: what the run time of LibTorch needs, and nothing of the user's.
std::vector<std::string> environment(const WorkerOptions& options) {
  std::vector<std::string> variables{
      "PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=" + options.scratch.string(),
      "TMPDIR=" + options.scratch.string(), "OMP_NUM_THREADS=" + std::to_string(options.threads)};
  for (const char* name : {"LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "ASAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) variables.push_back(std::string(name) + "=" + value);
  }
  return variables;
}

protocol::FileDescriptor open_log(const std::filesystem::path& file) {
  protocol::FileDescriptor fd(open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!fd) throw std::system_error(errno, std::generic_category(), file.string());
  return fd;
}

sandbox::Child start(const WorkerOptions& options, int channel, int region) {
  std::filesystem::create_directories(options.scratch);
  const protocol::FileDescriptor log = open_log(options.log);
  return sandbox::spawn({.executable = options.executable,
                         .arguments = {"serve"},
                         .environment = environment(options),
                         .working_directory = options.scratch,
                         .inherited = {channel, region},
                         .standard_output = log.get(),
                         .standard_error = log.get(),
                         .data_limit_bytes = options.memory_limit_bytes,
                         .parent_death_signal = SIGKILL});
}

}  // namespace

WorkerProcess::WorkerProcess(const WorkerOptions& options, protocol::SharedRegion& region)
    : WorkerProcess(options, region, protocol::Channel::pair()) {}

WorkerProcess::WorkerProcess(const WorkerOptions& options, protocol::SharedRegion& region,
                             std::pair<protocol::Channel, protocol::Channel> ends)
    : tree_(getpid()),
      channel_(std::move(ends.first)),
      child_(start(options, ends.second.fd(), region.fd())) {}

WorkerProcess::~WorkerProcess() {
  try {
    finish();
  } catch (const std::exception&) {
    // Nothing more can be done for a tree that will not die; the kernel reports it.
  }
}

Wakeup WorkerProcess::wait(clock::Duration timeout, int signal_fd) {
  std::array<pollfd, 2> fds{pollfd{channel_.fd(), POLLIN, 0}, pollfd{signal_fd, POLLIN, 0}};
  const timespec limit{static_cast<time_t>(timeout.count() / 1'000'000'000),
                       static_cast<long>(timeout.count() % 1'000'000'000)};
  Wakeup wakeup;
  if (ppoll(fds.data(), fds.size(), &limit, nullptr) < 0 && errno != EINTR) {
    throw std::system_error(errno, std::generic_category(), "poll");
  }
  wakeup.interrupted = (fds[1].revents & POLLIN) != 0;
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

std::int64_t WorkerProcess::resident_bytes() {
  std::ifstream in("/proc/" + std::to_string(child_.pid) + "/statm");
  std::int64_t size = 0, resident = 0, shared = 0;
  in >> size >> resident >> shared;
  const std::int64_t bytes = (resident - shared) * sysconf(_SC_PAGESIZE);
  peak_bytes_ = std::max(peak_bytes_, bytes);
  return bytes;
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

sandbox::ExitStatus WorkerProcess::finish() {
  if (!status_) {
    tree_.kill_all();
    status_ = sandbox::wait_for(child_.pid);
  }
  return *status_;
}

sandbox::ExitStatus WorkerProcess::finish_within(clock::Duration patience) {
  pollfd ended{child_.pidfd.get(), POLLIN, 0};
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(patience).count();
  poll(&ended, 1, static_cast<int>(milliseconds));
  if (!status_ && (ended.revents & POLLIN) != 0) status_ = sandbox::wait_for(child_.pid);
  tree_.kill_all();
  return finish();
}

}  // namespace timetrial::referee
