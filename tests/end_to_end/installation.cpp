#include "tests/end_to_end/installation.h"

#include "harness/sandbox/process_tree.h"
#include "harness/store/store.h"
#include "harness/trial/error.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace timetrial::end_to_end {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::milliseconds kPoll{5};

std::string read_text(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

Background::Background(pid_t pid, fs::path out, fs::path err)
    : pid_(pid), out_(std::move(out)), err_(std::move(err)) {}

Background::~Background() {
  if (ended_) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

Result Background::wait() {
  int status = 0;
  waitpid(pid_, &status, 0);
  ended_ = true;
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {code, read_text(out_), read_text(err_)};
}

Installation::Installation(const std::string& name)
    : folder_(fs::path(TIMETRIAL_BINARY_DIR) / "end_to_end" / name) {
  fs::remove_all(folder_);
  fs::create_directories(folder_);
}

fs::path Installation::tiny_rules() const {
  return fs::path(TIMETRIAL_SOURCE_DIR) / "tests" / "end_to_end" / "tiny.toml";
}

std::vector<std::string> Installation::tiny_sweep(const std::string& name,
                                                  const std::vector<std::string>& more) const {
  std::vector<std::string> arguments{
      "sweep", "start", name, "-w", "movielens_dlrm", "--ruleset", tiny_rules().string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

fs::path Installation::honest() const {
  return fs::path(TIMETRIAL_BINARY_DIR) / "tests" / "hostile" / "exhibits" / "honest.so";
}

Background Installation::start(const std::vector<std::string>& arguments,
                               const std::vector<std::string>& prefix) const {
  static int count = 0;
  const auto out = folder_ / ("out-" + std::to_string(count));
  const auto err = folder_ / ("err-" + std::to_string(count++));
  std::vector<std::string> words = prefix;
  words.push_back((fs::path(TIMETRIAL_BINARY_DIR) / "bin" / "timetrial").string());
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t pid = fork();
  if (pid < 0) throw std::runtime_error("fork failed");
  if (pid == 0) {
    setenv("TIMETRIAL_STORE", store().c_str(), 1);
    setenv("TIMETRIAL_DATA", (fs::path(TIMETRIAL_BINARY_DIR) / "test-data").c_str(), 1);
    setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1);
    setenv("XDG_RUNTIME_DIR", folder_.c_str(), 1);  // a device lock of its own
    dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), STDOUT_FILENO);
    dup2(open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), STDERR_FILENO);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  return {pid, out, err};
}

Result Installation::run(const std::vector<std::string>& arguments,
                         const std::vector<std::string>& prefix) const {
  return start(arguments, prefix).wait();
}

std::string Installation::query(const std::string& sql) const {
  std::string value;
  const auto store = store::Store::open(this->store(), store::Store::Mode::read_only);
  store.query(sql, [&](const auto&, const auto& values) { value = values.at(0).value_or(""); });
  return value;
}

bool Installation::eventually(const std::string& sql, const std::string& expected) const {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    try {
      if (fs::exists(store()) && query(sql) == expected) return true;
    } catch (const InputError&) {
      // The sweep is just making it.
    }
    std::this_thread::sleep_for(kPoll);
  }
  return false;
}

pid_t find_process(pid_t root, const std::string& name) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    for (const pid_t pid : sandbox::descendants(root)) {
      std::error_code error;
      const auto program = fs::read_symlink("/proc/" + std::to_string(pid) + "/exe", error);
      if (program.filename() == name) return pid;
    }
    std::this_thread::sleep_for(kPoll);
  }
  return -1;
}

}  // namespace timetrial::end_to_end
