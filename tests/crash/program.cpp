#include "tests/crash/program.h"

#include "harness/sandbox/process_tree.h"
#include "tests/crash/machine.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace timetrial::crash {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kPause{2};

/// Ends of children, by process: the driver adopts orphans, whose ends come in between.
std::map<pid_t, int>& ends() {
  static std::map<pid_t, int> ends;
  return ends;
}

void reap() {
  int status = 0;
  for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG)) {
    ends()[pid] = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
}

[[noreturn]] void become(const Place& place, std::vector<char*> argv, const fs::path& out,
                         const fs::path& errors, long clock_shift_s) {
  setenv("TIMETRIAL_STORE", place.store().c_str(), 1);
  setenv("TIMETRIAL_DATA", TIMETRIAL_BINARY_DIR "/test-data", 1);
  setenv("XDG_CACHE_HOME", TIMETRIAL_BINARY_DIR "/crash/cache", 1);
  setenv("XDG_RUNTIME_DIR", place.folder.c_str(), 1);  // a device lock of its own
  setenv("LD_PRELOAD", TIMETRIAL_BINARY_DIR "/tests/libmoved_wall_clock.so", 1);
  setenv("TIMETRIAL_TEST_WALL_CLOCK", place.wall_clock().c_str(), 1);
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644), STDOUT_FILENO);
  dup2(open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), STDERR_FILENO);
  if (clock_shift_s != 0 && !shift_clock(clock_shift_s)) _exit(127);
  respect_permissions();
  execv(argv[0], argv.data());
  _exit(127);
}

}  // namespace

Program::Program(const Place& place, const std::vector<std::string>& arguments,
                 long clock_shift_s) {
  static int count = 0;
  fs::create_directories(place.output());
  errors_ = place.output() / ("err-" + std::to_string(++count));
  const fs::path out = place.output() / ("out-" + std::to_string(count));
  std::vector<std::string> words{TIMETRIAL_BINARY_DIR "/bin/timetrial"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) become(place, argv, out, errors_, clock_shift_s);
}

std::optional<int> Program::poll() {
  reap();
  const auto end = ends().find(pid_);
  if (end != ends().end()) {
    code_ = end->second;
    ends().erase(end);
  }
  return code_;
}

std::optional<int> Program::wait(std::chrono::seconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!poll() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kPause);
  }
  return code_;
}

std::string Program::errors() const {
  std::ifstream in(errors_);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

Result run(const Place& place, const std::vector<std::string>& arguments) {
  Program program(place, arguments);
  const auto code = program.wait(kPatience);
  if (!code) throw std::runtime_error("timetrial " + arguments.front() + " does not end");
  return {*code, program.errors()};
}

std::vector<pid_t> processes(const std::string& name) {
  std::vector<pid_t> found;
  for (const pid_t pid : sandbox::descendants(getpid())) {
    std::error_code error;
    const auto program = fs::read_symlink("/proc/" + std::to_string(pid) + "/exe", error);
    if (name.empty() || program.filename() == name) found.push_back(pid);
  }
  return found;
}

void kill_everything() {
  sandbox::ProcessTree(getpid()).kill_all();
  reap();
}

}  // namespace timetrial::crash
