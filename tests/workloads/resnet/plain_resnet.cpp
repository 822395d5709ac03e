#include "tests/workloads/resnet/plain_resnet.h"

#include <ATen/ATen.h>

#include <cmath>

namespace timetrial::test {
namespace {

at::Tensor of_channels(const at::Tensor& values) { return values.view({1, -1, 1, 1}); }

}  // namespace

PlainResNet::PlainResNet(const workloads::Model& model, std::string activation_name, bool of_cifar)
    : activation(std::move(activation_name)), cifar(of_cifar) {
  for (const auto& p : model.parameters()) tensors[p.name] = p.tensor.detach().to(at::kDouble);
  for (const auto& s : model.state()) tensors[s.name] = s.tensor.to(at::kDouble);
}

at::Tensor PlainResNet::activate(const at::Tensor& x) const {
  if (activation == "relu") return at::where(x > 0, x, at::zeros_like(x));
  if (activation == "silu") return x / (1 + (-x).exp());
  return 0.5 * x * (1 + (std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)).tanh());
}

at::Tensor PlainResNet::norm(const std::string& name, const at::Tensor& x, bool training) {
  at::Tensor& mean = tensors.at(name + ".running_mean");
  at::Tensor& variance = tensors.at(name + ".running_var");
  at::Tensor used_mean = mean, used_variance = variance;
  if (training) {
    const double count = static_cast<double>(x.numel() / x.size(1));
    used_mean = x.mean({0, 2, 3});
    used_variance = (x - of_channels(used_mean)).square().mean({0, 2, 3});
    mean = 0.9 * mean + 0.1 * used_mean;
    variance = 0.9 * variance + 0.1 * used_variance * count / (count - 1);
  }
  return (x - of_channels(used_mean)) / of_channels((used_variance + 1e-5).sqrt()) *
             of_channels(tensors.at(name + ".weight")) +
         of_channels(tensors.at(name + ".bias"));
}

at::Tensor PlainResNet::block(const std::string& name, const at::Tensor& x, std::int64_t stride,
                              std::int64_t dilation, bool training) {
  const bool bottleneck = tensors.contains(name + ".conv3.weight");
  const int layers = bottleneck ? 3 : 2, strided = bottleneck ? 2 : 1;
  at::Tensor out = x;
  for (int i = 1; i <= layers; ++i) {
    const std::string number = std::to_string(i);
    const at::Tensor& kernel = tensors.at(name + ".conv" + number + ".weight");
    const std::int64_t spread = kernel.size(2) == 3 ? dilation : 1;
    out = at::conv2d(out, kernel, {}, i == strided ? stride : 1, kernel.size(2) / 2 * spread,
                     spread, out.size(1) / kernel.size(1));
    out = norm(name + ".bn" + number, out, training);
    if (i < layers) out = activate(out);
  }
  const auto shortcut = tensors.find(name + ".downsample.conv.weight");
  if (shortcut == tensors.end()) return activate(out + x);
  return activate(
      out + norm(name + ".downsample.bn", at::conv2d(x, shortcut->second, {}, stride), training));
}

at::Tensor PlainResNet::forward(const at::Tensor& inputs, bool training) {
  const at::Tensor& stem = tensors.at("conv1.weight");
  at::Tensor x = at::conv2d(inputs.to(at::kDouble), stem, {}, cifar ? 1 : 2, stem.size(2) / 2);
  x = activate(norm("bn1", x, training));
  if (!cifar) x = at::max_pool2d(x, 3, 2, 1);
  std::int64_t dilation = 1;
  for (std::size_t stage = 1; stage <= 4; ++stage) {
    const std::string layer = "layer" + std::to_string(stage) + ".";
    const bool dilated = stage > 1 && dilate[stage - 2];
    // The first block of a dilated stage keeps the dilation before it.
    x = block(layer + "0", x, stage > 1 && !dilated ? 2 : 1, dilation, training);
    if (dilated) dilation *= 2;
    for (int i = 1; tensors.contains(layer + std::to_string(i) + ".conv1.weight"); ++i) {
      x = block(layer + std::to_string(i), x, 1, dilation, training);
    }
  }
  x = cifar ? x.slice(2, 0, 4).slice(3, 0, 4).mean({2, 3}) : x.mean({2, 3});
  return at::matmul(x, tensors.at("fc.weight").t()) + tensors.at("fc.bias");
}

}  // namespace timetrial::test
