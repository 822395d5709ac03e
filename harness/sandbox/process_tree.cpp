#include "harness/sandbox/process_tree.h"

#include <dirent.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <thread>

namespace timetrial::sandbox {
namespace {

struct Stat {
  char state = '?';
  pid_t parent = 0;
  std::int64_t threads = 0;
};

/// State, parent and threads from /proc/…/stat (proc(5)); state '?' when it has gone. The name
/// field may hold anything, so fields are counted from the last ')'.
Stat read_stat(const std::string& folder) {
  std::ifstream in(folder + "/stat");
  std::string line;
  std::getline(in, line);
  const std::size_t close = line.rfind(')');
  Stat stat;
  if (close == std::string::npos) return stat;
  std::istringstream fields(line.substr(close + 1));
  fields >> stat.state >> stat.parent;
  constexpr int kFieldsBetween = 15;
  std::string other;
  for (int i = 0; i < kFieldsBetween; ++i) fields >> other;
  fields >> stat.threads;
  return stat;
}

/// The numeric entries of a folder.
std::vector<pid_t> numbers_in(const std::string& folder) {
  std::vector<pid_t> numbers;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(folder.c_str()), closedir);
  if (!directory) return numbers;
  while (const dirent* entry = readdir(directory.get())) {
    const long number = std::strtol(entry->d_name, nullptr, 10);
    if (number > 0) numbers.push_back(static_cast<pid_t>(number));
  }
  return numbers;
}

std::string process_folder(pid_t pid) { return "/proc/" + std::to_string(pid); }

bool is_ended(char state) { return state == 'Z' || state == 'X' || state == '?'; }

/// Whether every thread is stopped (or has ended).
bool all_threads_stopped(pid_t pid) {
  const std::string tasks = process_folder(pid) + "/task";
  for (const pid_t thread : numbers_in(tasks)) {
    const char state = read_stat(tasks + "/" + std::to_string(thread)).state;
    if (state != 'T' && state != 't' && !is_ended(state)) return false;
  }
  return true;
}

}  // namespace

void become_subreaper() { prctl(PR_SET_CHILD_SUBREAPER, 1); }

std::vector<pid_t> descendants(pid_t root) {
  std::multimap<pid_t, pid_t> children;
  for (const pid_t pid : numbers_in("/proc")) {
    const Stat stat = read_stat(process_folder(pid));
    if (!is_ended(stat.state)) children.emplace(stat.parent, pid);
  }
  std::vector<pid_t> found;
  std::vector<pid_t> open{root};
  while (!open.empty()) {
    const pid_t parent = open.back();
    open.pop_back();
    const auto [begin, end] = children.equal_range(parent);
    for (auto child = begin; child != end; ++child) {
      found.push_back(child->second);
      open.push_back(child->second);
    }
  }
  return found;
}

std::int64_t count_threads(pid_t pid) { return read_stat(process_folder(pid)).threads; }

bool has_ended(pid_t pid) { return is_ended(read_stat(process_folder(pid)).state); }

void ProcessTree::freeze(std::chrono::milliseconds patience) const {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::size_t known = 0;
  while (true) {
    const std::vector<pid_t> pids = descendants(root_);
    for (const pid_t pid : pids) kill(pid, SIGSTOP);
    bool stopped = true;
    for (const pid_t pid : pids) stopped = stopped && all_threads_stopped(pid);
    // A process that forked just before it was stopped has a child that the list lacks: look again.
    if (stopped && pids.size() == known) return;
    known = pids.size();
    if (std::chrono::steady_clock::now() > deadline) {
      throw WillNotStop();
    }
    if (!stopped) std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
}

void ProcessTree::thaw() const {
  for (const pid_t pid : descendants(root_)) kill(pid, SIGCONT);
}

void ProcessTree::kill_all() const {
  for (int round = 0; round < 1000; ++round) {
    const std::vector<pid_t> alive = descendants(root_);
    if (alive.empty()) return;
    for (const pid_t pid : alive) kill(pid, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

std::int64_t ProcessTree::cpu_ns() const {
  std::int64_t total = 0;
  for (const pid_t pid : descendants(root_)) {
    const std::string tasks = process_folder(pid) + "/task";
    for (const pid_t thread : numbers_in(tasks)) {
      std::ifstream in(tasks + "/" + std::to_string(thread) + "/schedstat");
      std::int64_t nanoseconds = 0;
      if (in >> nanoseconds) total += nanoseconds;
    }
  }
  return total;
}

std::int64_t ProcessTree::resident_bytes() const {
  std::int64_t total = 0;
  const std::int64_t page = sysconf(_SC_PAGESIZE);
  for (const pid_t pid : descendants(root_)) {
    std::ifstream in(process_folder(pid) + "/statm");
    std::int64_t size = 0, resident = 0, shared = 0;
    if (in >> size >> resident >> shared) total += (resident - shared) * page;
  }
  return total;
}

std::int64_t out_of_memory_kills() {
  std::ifstream in("/proc/vmstat");
  std::string key;
  std::int64_t value = 0;
  while (in >> key >> value) {
    if (key == "oom_kill") return value;
  }
  return 0;
}

}  // namespace timetrial::sandbox
