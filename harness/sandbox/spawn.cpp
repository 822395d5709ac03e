#include "harness/sandbox/spawn.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace timetrial::sandbox {
namespace {

/// What the child needs, made before fork: between fork and exec only async-signal-safe calls.
struct Prepared {
  std::vector<char*> argv, envp;
  std::string executable, working_directory;
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

[[noreturn]] void child_failed(const char* what) {
  const char* reason = std::strerror(errno);
  // Nothing can be done about a failing write here.
  if (write(STDERR_FILENO, what, std::strlen(what)) < 0 || write(STDERR_FILENO, ": ", 2) < 0 ||
      write(STDERR_FILENO, reason, std::strlen(reason)) < 0 || write(STDERR_FILENO, "\n", 1) < 0) {
  }
  _exit(127);
}

/// Moves the handed-over descriptors to 3, 4, … by way of numbers above them all.
void place_descriptors(const SpawnOptions& options, int null_fd) {
  constexpr int kFirst = 3, kParking = 200;
  const int count = static_cast<int>(options.inherited.size());
  for (int i = 0; i < count; ++i) {
    if (dup2(options.inherited[static_cast<std::size_t>(i)], kParking + i) < 0) {
      child_failed("dup2");
    }
  }
  const int out = options.standard_output >= 0 ? options.standard_output : null_fd;
  const int err = options.standard_error >= 0 ? options.standard_error : null_fd;
  const int parked_out = kParking + count, parked_err = kParking + count + 1;
  if (dup2(out, parked_out) < 0 || dup2(err, parked_err) < 0) child_failed("dup2");
  if (dup2(null_fd, STDIN_FILENO) < 0 || dup2(parked_out, STDOUT_FILENO) < 0 ||
      dup2(parked_err, STDERR_FILENO) < 0) {
    child_failed("dup2");
  }
  for (int i = 0; i < count; ++i) {
    if (dup2(kParking + i, kFirst + i) < 0) child_failed("dup2");
  }
  syscall(SYS_close_range, static_cast<unsigned>(kFirst + count), ~0U, 0U);
}

void set_limit(__rlimit_resource resource, std::int64_t value) {
  const rlimit limit{static_cast<rlim_t>(value), static_cast<rlim_t>(value)};
  setrlimit(resource, &limit);
}

[[noreturn]] void run_child(const SpawnOptions& options, const Prepared& prepared, int null_fd,
                            pid_t parent) {
  if (options.new_session) setsid();
  if (options.parent_death_signal != 0) {
    prctl(PR_SET_PDEATHSIG, options.parent_death_signal);
    if (getppid() != parent) _exit(127);  // it ended before the call above
  }
  if (options.data_limit_bytes > 0) set_limit(RLIMIT_DATA, options.data_limit_bytes);
  if (options.file_limit_bytes > 0) set_limit(RLIMIT_FSIZE, options.file_limit_bytes);
  set_limit(RLIMIT_CORE, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGCHLD}) {
    signal(number, SIG_DFL);
  }
  place_descriptors(options, null_fd);
  if (!prepared.working_directory.empty() && chdir(prepared.working_directory.c_str()) != 0) {
    child_failed(prepared.working_directory.c_str());
  }
  execve(prepared.executable.c_str(), prepared.argv.data(), prepared.envp.data());
  child_failed(prepared.executable.c_str());
}

}  // namespace

Child spawn(const SpawnOptions& options) {
  std::vector<std::string> arguments{options.executable.string()};
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  std::vector<std::string> environment = options.environment;
  const Prepared prepared{pointers(arguments), pointers(environment), options.executable.string(),
                          options.working_directory.string()};
  const protocol::FileDescriptor null_fd(open("/dev/null", O_RDWR | O_CLOEXEC));
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid == 0) run_child(options, prepared, null_fd.get(), parent);
  Child child;
  child.pid = pid;
  child.pidfd = protocol::FileDescriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!child.pidfd) throw std::system_error(errno, std::generic_category(), "pidfd_open");
  return child;
}

ExitStatus wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitpid");
  }
  if (WIFSIGNALED(status)) return {true, WTERMSIG(status)};
  return {false, WEXITSTATUS(status)};
}

std::string describe(const ExitStatus& status) {
  if (!status.signaled) return "exited with code " + std::to_string(status.code);
  return "was killed by signal " + std::to_string(status.code) + " (" + strsignal(status.code) +
         ")";
}

}  // namespace timetrial::sandbox
