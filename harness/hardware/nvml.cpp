#include "harness/hardware/nvml.h"

#include "harness/hardware/nvml_interface.h"

#include <dlfcn.h>

#include <array>
#include <memory>
#include <utility>

namespace timetrial::hardware {
namespace {

using nvml::Device;
using nvml::kSuccess;
using nvml::kThermal;
using nvml::Memory;
using nvml::Violation;

struct Close {
  void operator()(void* library) const { ::dlclose(library); }
};

template <typename Function>
Function symbol(void* library, const char* name) {
  return reinterpret_cast<Function>(::dlsym(library, name));
}

struct Api {
  explicit Api(void* library)
      : init(symbol<int (*)()>(library, "nvmlInit_v2")),
        shutdown(symbol<int (*)()>(library, "nvmlShutdown")),
        count(symbol<int (*)(unsigned*)>(library, "nvmlDeviceGetCount_v2")),
        device(symbol<int (*)(unsigned, Device*)>(library, "nvmlDeviceGetHandleByIndex_v2")),
        name(symbol<int (*)(Device, char*, unsigned)>(library, "nvmlDeviceGetName")),
        memory(symbol<int (*)(Device, Memory*)>(library, "nvmlDeviceGetMemoryInfo")),
        driver(symbol<int (*)(char*, unsigned)>(library, "nvmlSystemGetDriverVersion")),
        violation(
            symbol<int (*)(Device, int, Violation*)>(library, "nvmlDeviceGetViolationStatus")) {}
  bool complete() const {
    return init != nullptr && shutdown != nullptr && count != nullptr && device != nullptr &&
           name != nullptr && memory != nullptr && driver != nullptr;
  }

  int (*init)();
  int (*shutdown)();
  int (*count)(unsigned*);
  int (*device)(unsigned, Device*);
  int (*name)(Device, char*, unsigned);
  int (*memory)(Device, Memory*);
  int (*driver)(char*, unsigned);
  int (*violation)(Device, int, Violation*);  ///< may be missing
};

Gpu read_gpu(const Api& api, Device device) {
  Gpu gpu;
  std::array<char, 256> text{};
  if (api.name(device, text.data(), text.size()) == kSuccess) gpu.name = text.data();
  Memory memory{};
  if (api.memory(device, &memory) == kSuccess) {
    gpu.memory_mb = static_cast<std::int64_t>(memory.total >> 20);
  }
  text = {};
  if (api.driver(text.data(), text.size()) == kSuccess) gpu.driver = text.data();
  return gpu;
}

std::optional<double> heat_throttled_s(const Api& api, Device device) {
  Violation violation{};
  if (api.violation == nullptr) return std::nullopt;
  if (api.violation(device, kThermal, &violation) != kSuccess) return std::nullopt;
  return static_cast<double>(violation.violation_ns) * 1e-9;
}

/// `read` of every GPU; none without a driver that works.
template <typename Read>
auto of_each_gpu(Read read) {
  std::vector<decltype(read(std::declval<const Api&>(), Device{}))> results;
  const std::unique_ptr<void, Close> library(::dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL));
  if (library == nullptr) return results;
  const Api api(library.get());
  if (!api.complete() || api.init() != kSuccess) return results;
  unsigned count = 0;
  if (api.count(&count) != kSuccess) count = 0;
  for (unsigned i = 0; i < count; ++i) {
    Device device = nullptr;
    if (api.device(i, &device) == kSuccess) results.push_back(read(api, device));
  }
  api.shutdown();
  return results;
}

}  // namespace

std::vector<Gpu> detect_gpus() { return of_each_gpu(read_gpu); }

std::vector<std::optional<double>> gpu_heat_throttled_s() { return of_each_gpu(heat_throttled_s); }

}  // namespace timetrial::hardware
