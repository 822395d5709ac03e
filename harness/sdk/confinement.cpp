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

/// The folder that LibTorch's lib/ is in, and that of NVIDIA's libraries beside it, by the names
/// that the loader knows and by those without symbolic links: some are loaded when they are first
/// used.
std::vector<fs::path> libtorch_folders() {
  Dl_info library{};
  if (dladdr(reinterpret_cast<const void*>(&at::get_cpu_capability), &library) == 0) return {};
  std::vector<fs::path> folders;
  for (const fs::path& file :
       {fs::path(library.dli_fname), fs::weakly_canonical(library.dli_fname)}) {
    const fs::path root = file.parent_path().parent_path();
    folders.insert(folders.end(), {root, root.parent_path() / "nvidia"});
  }
  return folders;
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

}  // namespace

sandbox::FileAccess accessible(const Confines& confines) {
  sandbox::FileAccess access;
  access.readable = {
      "/usr",       "/lib",          "/lib64",        "/etc/ld.so.cache", "/etc/localtime",
      "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat",       "/sys/devices/system"};
  for (const auto& more : {libtorch_folders(), library_path(), confines.readable}) {
    access.readable.insert(access.readable.end(), more.begin(), more.end());
  }
  if (!confines.scratch.empty()) access.writable = {confines.scratch};
  access.devices = {"/dev/null", "/dev/random", "/dev/urandom"};
  if (confines.device != "cpu") {
    access.readable.insert(access.readable.end(), {"/proc", "/sys"});
    for (auto& device : gpu_devices()) access.devices.push_back(std::move(device));
  }
  return access;
}

void confine(const Confines& confines) {
  const fs::directory_iterator threads("/proc/self/task");
  if (std::distance(fs::begin(threads), fs::end(threads)) != 1) {
    throw std::logic_error("there are threads that would not be confined");
  }
  sandbox::restrict_files(accessible(confines));
  const bool gpu = confines.device != "cpu";  // its driver uses both
  sandbox::deny_system_calls(
      {.local_sockets = gpu, .shared_memory = gpu || confines.shared_memory});
}

}  // namespace timetrial::sdk
