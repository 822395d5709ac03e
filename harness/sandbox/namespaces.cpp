#include "harness/sandbox/namespaces.h"

#include "harness/sandbox/spawn.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <sstream>

namespace timetrial::sandbox {
namespace {

namespace fs = std::filesystem;
using protocol::FileDescriptor;

/// Where bubblewrap is; empty when it is not installed.
fs::path find_bubblewrap() {
  const char* variable = std::getenv("PATH");
  std::istringstream folders(variable != nullptr ? variable : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const auto program = fs::path(folder) / "bwrap";
    if (access(program.c_str(), X_OK) == 0) return program;
  }
  return access("/usr/bin/bwrap", X_OK) == 0 ? "/usr/bin/bwrap" : "";
}

bool is_below_proc(const fs::path& path) { return *std::next(path.begin()) == "proc"; }

void add(std::vector<std::string>& arguments, const char* option, const fs::path& path) {
  if (path.is_absolute() && path.has_relative_path() && is_below_proc(path)) return;
  arguments.insert(arguments.end(), {option, path.string(), path.string()});
}

std::string all_of(const FileDescriptor& pipe) {
  std::string text;
  std::array<char, 512> buffer{};
  for (ssize_t count = 0; (count = read(pipe.get(), buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

Command enclose(const Enclosure& enclosure, const Command& command) {
  Command result{find_bubblewrap(), {}};
  auto& arguments = result.arguments;
  arguments = {"--unshare-user",
               "--unshare-pid",
               "--unshare-ipc",
               "--unshare-net",
               "--unshare-uts",
               "--unshare-cgroup-try",
               "--die-with-parent",
               "--cap-drop",
               "ALL",
               "--proc",
               "/proc"};
  for (const auto& path : enclosure.access.readable) add(arguments, "--ro-bind-try", path);
  for (const auto& path : enclosure.access.writable) add(arguments, "--bind-try", path);
  for (const auto& path : enclosure.access.devices) add(arguments, "--dev-bind-try", path);
  add(arguments, "--ro-bind", command.executable);
  arguments.insert(arguments.end(), {"--size", std::to_string(enclosure.scratch_bytes), "--tmpfs",
                                     kScratch, "--chdir", kScratch,
                                     // The root itself is in memory, and has no limit.
                                     "--remount-ro", "/", "--", command.executable.string()});
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  return result;
}

std::string why_no_namespaces() {
  if (find_bubblewrap().empty()) {
    return "a sandbox needs bubblewrap: apt-get install bubblewrap; or go on without one, which "
           "every result will say: --sandbox=none";
  }
  const auto trial = enclose(
      {.access = {.readable = {"/usr", "/lib", "/lib64"}, .writable = {}, .devices = {"/dev/null"}},
       .scratch_bytes = 1 << 20},
      {"/usr/bin/true", {}});
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return "";
  const FileDescriptor output(ends[0]);
  FileDescriptor input(ends[1]);
  const Child child = spawn({.executable = trial.executable,
                             .arguments = trial.arguments,
                             .environment = {},
                             .working_directory = {},
                             .inherited = {},
                             .standard_error = input.get()});
  input = FileDescriptor();
  const std::string words = all_of(output);
  const ExitStatus status = wait_for(child.pid);
  if (!status.signaled && status.code == 0) return "";
  return "a sandbox needs namespaces, which this machine refuses (" + words +
         "); allow them (sysctl kernel.unprivileged_userns_clone=1, "
         "kernel.apparmor_restrict_unprivileged_userns=0, or in a container --security-opt "
         "seccomp=unconfined), or go on without, which every result will say: --sandbox=none";
}

}  // namespace timetrial::sandbox
