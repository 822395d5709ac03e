#pragma once
// A residual network written a second time, plainly and in double precision, to compare with: the
// structure is read off the parameter names, batch norm is its formula, nothing is done in place.

#include "workloads/workload.h"

#include <array>
#include <map>
#include <string>

namespace timetrial::test {

struct PlainResNet {
  std::map<std::string, at::Tensor> tensors;  ///< parameters and running statistics, double
  std::string activation;                     ///< "relu", "silu" or "gelu_tanh"
  bool cifar = false;
  std::array<bool, 3> dilate = {};  ///< stages 2 to 4

  PlainResNet(const workloads::Model& model, std::string activation_name, bool of_cifar);
  /// Training mode replaces the running statistics in `tensors` by those after the pass.
  at::Tensor forward(const at::Tensor& inputs, bool training);

 private:
  at::Tensor activate(const at::Tensor& x) const;
  at::Tensor norm(const std::string& name, const at::Tensor& x, bool training);
  at::Tensor block(const std::string& name, const at::Tensor& x, std::int64_t stride,
                   std::int64_t dilation, bool training);
};

}  // namespace timetrial::test
