#include "harness/device/device.h"

#include "harness/trial/error.h"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include <dlfcn.h>
#include <malloc.h>

#include <cstdlib>
#include <limits>

namespace timetrial::device {
namespace {

/// Calls each vector math function of MKL once, on one thread. MKL picks a function's kernel at its
/// first call; when two threads make that call at once, one of them may be given a kernel of low
/// accuracy for its part of the tensor (oneMKL 2024.2, pytorch/pytorch #188792). Seen here: without
/// this, one run in 25 on two threads ended in other bits than the rest.
void settle_math_kernels() {
  using Function = at::Tensor (*)(const at::Tensor&);
  constexpr Function kFunctions[] = {
      at::abs,  at::acos,  at::acosh, at::asin,   at::asinh, at::atan,  at::atanh, at::ceil,
      at::cos,  at::cosh,  at::erf,   at::erfc,   at::exp,   at::expm1, at::floor, at::lgamma,
      at::log,  at::log10, at::log1p, at::log2,   at::round, at::rsqrt, at::sin,   at::sinh,
      at::sqrt, at::tan,   at::tanh,  at::erfinv, at::trunc};
  for (const auto type : {at::kFloat, at::kDouble}) {
    const at::Tensor one = at::ones({1}, type);
    for (const auto function : kFunctions) function(one);
    at::pow(one, 0.3);
    at::pow(one, one);
  }
}

/// Keeps freed memory for the next tensors. A step frees and takes the same tensors again; by
/// default glibc gives the larger ones back to the kernel and pays for every page of them anew,
/// which was 5 to 10 % of a step of the small models. (Tensors beyond the threshold, glibc's
/// highest, are large enough not to matter.)
void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kHighestThreshold = 32 << 20;
  mallopt(M_MMAP_THRESHOLD, kHighestThreshold);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  mallopt(M_TOP_PAD, 2 * kHighestThreshold);
#endif
}

}  // namespace

c10::Device open_device(const std::string& name, std::int64_t threads) {
  if (threads < 1 || threads > 4096) {
    throw InputError("threads = " + std::to_string(threads) + ": expected 1 to 4096");
  }
  keep_freed_memory();
  at::set_num_threads(static_cast<int>(threads));
  at::set_num_interop_threads(1);
  settle_math_kernels();
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

void use_deterministic_algorithms() {
  // cuBLAS reads it when it makes its first handle; LibTorch refuses matrix products without it.
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/1);
  at::globalContext().setDeterministicAlgorithms(/*enabled=*/true, /*warn_only=*/false);
  at::globalContext().setDeterministicCuDNN(true);
  at::globalContext().setBenchmarkCuDNN(false);
}

void compute_alone() {
  at::get_num_threads();  // else LibTorch sets the number anew at the thread's first operation
  // OpenMP's setting is one per thread; LibTorch's own function would set all of them. The runtime
  // is the one that LibTorch has loaded.
  using SetThreads = void (*)(int);
  const auto set_threads = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
  if (set_threads != nullptr) set_threads(1);
}

void drain(c10::Device device) {
  if (device.is_cuda()) at::detail::getCUDAHooks().deviceSynchronize(device.index());
}

}  // namespace timetrial::device
