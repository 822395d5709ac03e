// In the place of attention_gpu.cpp where there is no CUDA compiler.
#include "workloads/nn/attention_gpu.h"

#include <stdexcept>

namespace timetrial::nn {
namespace {

[[noreturn]] void refuse() {
  throw std::runtime_error(
      "this program was built without CUDA kernels for point-wise attention: install CUDA Toolkit "
      "13, configure with -DTIMETRIAL_CUDA=ON, and build again");
}

}  // namespace

bool gpu_kernels_take(const at::Tensor& /*query*/, const at::Tensor& /*key*/,
                      const at::Tensor& /*value*/) {
  return false;
}

at::Tensor attend_on_gpu(const at::Tensor& /*query*/, const at::Tensor& /*key*/,
                         const at::Tensor& /*value*/, const AttentionOptions& /*options*/) {
  refuse();
}

std::array<at::Tensor, 3> attention_gradients_on_gpu(const at::Tensor& /*output_gradient*/,
                                                     const at::Tensor& /*query*/,
                                                     const at::Tensor& /*key*/,
                                                     const at::Tensor& /*value*/,
                                                     const AttentionOptions& /*options*/) {
  refuse();
}

}  // namespace timetrial::nn
