// In the place of gpu_pass.cpp where there is no CUDA compiler.
#include <stdexcept>

#include "optim/gpu_pass.h"

namespace timetrial::optim {

void run_on_gpu(const RuleFacts& /*facts*/, const void* /*rule*/, const std::vector<Row>& /*rows*/,
                const Pieces& /*pieces*/, const std::vector<double>& /*scalars*/,
                std::vector<double>& /*sums*/) {
  throw std::runtime_error(
      "this submission was built without CUDA kernels: install CUDA Toolkit 13, configure with "
      "-DTIMETRIAL_CUDA=ON, and build again");
}

}  // namespace timetrial::optim
