#include "harness/device/device.h"

#include "harness/trial/error.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include <dlfcn.h>

namespace timetrial::device {

c10::Device open_device(const std::string& name, std::int64_t threads) {
  if (threads < 1 || threads > 4096) {
    throw InputError("threads = " + std::to_string(threads) + ": expected 1 to 4096");
  }
  at::set_num_threads(static_cast<int>(threads));
  at::set_num_interop_threads(1);
  if (name == "cpu") return c10::kCPU;
  if (!name.starts_with("cuda")) {
    throw InputError("unknown device '" + name + "'; use cpu or cuda:N");
  }
  // libtorch_cuda is large and needs a driver: it is loaded only here.
  if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    throw InputError("device '" + name + "': LibTorch's CUDA library cannot be loaded (" +
                     std::string(dlerror()) + "); use --device cpu, or install the CUDA libraries");
  }
  const c10::Device device(name.find(':') == std::string::npos ? name + ":0" : name);
  const auto count = at::detail::getCUDAHooks().deviceCount();
  if (!at::hasCUDA() || device.index() >= count) {
    throw InputError("device '" + name + "': this machine has " + std::to_string(count) +
                     " CUDA devices");
  }
  return device;
}

void drain(c10::Device device) {
  if (device.is_cuda()) at::detail::getCUDAHooks().deviceSynchronize(device.index());
}

}  // namespace timetrial::device
