#include "harness/sweep/running_trial.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cerrno>
#include <system_error>

extern char** environ;

namespace timetrial::sweep {
namespace {

struct Pipe {
  protocol::FileDescriptor read_end, write_end;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe");
  }
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return {protocol::FileDescriptor(ends[0]), protocol::FileDescriptor(ends[1])};
}

std::vector<std::string> environment(int threads) {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!std::string(*entry).starts_with("OMP_NUM_THREADS=")) variables.emplace_back(*entry);
  }
  variables.push_back("OMP_NUM_THREADS=" + std::to_string(threads));
  return variables;
}

sandbox::Child launch(const LaunchOptions& options, const store::TrialRow& row, int progress) {
  std::vector<std::string> arguments{"--store",
                                     options.store.string(),
                                     "--trial",
                                     row.trial.id,
                                     "--data",
                                     options.data_dir.string(),
                                     "--work",
                                     work_dir(options.work_root, row.trial.id).string(),
                                     "--device",
                                     options.device,
                                     "--threads",
                                     std::to_string(options.threads),
                                     "--concurrent-trials",
                                     std::to_string(options.concurrent_trials),
                                     "--progress-fd",
                                     "3"};
  if (!options.namespaces) arguments.emplace_back("--no-namespaces");
  return sandbox::spawn(
      {.executable = options.referee,
       .arguments = std::move(arguments),
       .environment = environment(options.threads),
       .working_directory = {},
       .inherited = {progress},
       .standard_error = STDERR_FILENO,
       // A sweep that is killed takes its referees with it, gracefully: they save a checkpoint.
       .parent_death_signal = SIGTERM});
}

}  // namespace

std::filesystem::path work_dir(const std::filesystem::path& work_root,
                               const std::string& trial_id) {
  constexpr std::size_t kFolderCharacters = 16;
  return work_root / trial_id.substr(0, kFolderCharacters);
}

RunningTrial::RunningTrial(const LaunchOptions& options, store::TrialRow row)
    : row_(std::move(row)) {
  Pipe pipe = make_pipe();
  child_ = launch(options, row_, pipe.write_end.get());
  progress_ = std::move(pipe.read_end);
}

bool RunningTrial::read() {
  std::array<char, 4096> buffer{};
  while (true) {
    const ssize_t count = ::read(progress_.get(), buffer.data(), buffer.size());
    if (count == 0) return false;
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    partial_.append(buffer.data(), static_cast<std::size_t>(count));
    for (std::size_t end = partial_.find('\n'); end != std::string::npos;
         end = partial_.find('\n')) {
      take(partial_.substr(0, end));
      partial_.erase(0, end + 1);
    }
  }
}

void RunningTrial::take(const std::string& line) {
  const auto event = nlohmann::json::parse(line, nullptr, false);
  if (!event.is_object()) return;  // display only: the store has the truth
  status_.step = event.value("step", status_.step);
  status_.time_s = event.value("time_s", status_.time_s);
  if (event.contains("value") && event["value"].is_number()) status_.value = event["value"];
  status_.outcome = event.value("outcome", status_.outcome);
  status_.reason = event.value("reason", status_.reason);
}

void RunningTrial::interrupt() { kill(child_.pid, SIGTERM); }

}  // namespace timetrial::sweep
