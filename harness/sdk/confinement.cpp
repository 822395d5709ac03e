#include "harness/sdk/confinement.h"

#include "harness/sandbox/file_access.h"
#include "harness/sandbox/syscall_filter.h"

#include <ATen/Version.h>
#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace timetrial::sdk {
namespace {

namespace fs = std::filesystem;

/// The folder that LibTorch's lib/ is in, and that of NVIDIA's libraries beside it: some are loaded
/// when they are first used.
std::vector<fs::path> libtorch_folders() {
  Dl_info library{};
  if (dladdr(reinterpret_cast<const void*>(&at::get_cpu_capability), &library) == 0) return {};
  const fs::path root = fs::weakly_canonical(library.dli_fname).parent_path().parent_path();
  return {root, root.parent_path() / "nvidia"};
}

std::vector<fs::path> library_path() {
  const char* variable = std::getenv("LD_LIBRARY_PATH");
  std::istringstream folders(variable != nullptr ? variable : "");
  std::vector<fs::path> result;
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (!folder.empty()) result.emplace_back(folder);
  }
  return result;
}

/// /dev/nvidia0, /dev/nvidiactl, /dev/nvidia-uvm, …
std::vector<fs::path> gpu_devices() {
  std::vector<fs::path> result;
  for (const auto& entry : fs::directory_iterator("/dev")) {
    if (entry.path().filename().string().starts_with("nvidia")) result.push_back(entry.path());
  }
  return result;
}

sandbox::FileAccess access(const Confines& confines) {
  sandbox::FileAccess access;
  access.readable = {
      "/usr",       "/lib",          "/lib64",        "/etc/ld.so.cache", "/etc/localtime",
      "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat",       "/sys/devices/system"};
  for (const auto& more : {libtorch_folders(), library_path(), confines.readable}) {
    access.readable.insert(access.readable.end(), more.begin(), more.end());
  }
  if (!confines.scratch.empty()) access.writable = {confines.scratch};
  access.devices = {"/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"};
  if (confines.device != "cpu") {
    access.readable.insert(access.readable.end(), {"/proc", "/sys"});
    for (auto& device : gpu_devices()) access.devices.push_back(std::move(device));
  }
  return access;
}

}  // namespace

void confine(const Confines& confines) {
  const fs::directory_iterator threads("/proc/self/task");
  if (std::distance(fs::begin(threads), fs::end(threads)) != 1) {
    throw std::logic_error("there are threads that would not be confined");
  }
  sandbox::restrict_files(access(confines));
  sandbox::deny_system_calls(confines.device == "cpu" ? sandbox::LocalSockets::denied
                                                      : sandbox::LocalSockets::allowed);
}

}  // namespace timetrial::sdk
