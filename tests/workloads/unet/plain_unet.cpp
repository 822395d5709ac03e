#include "tests/workloads/unet/plain_unet.h"

#include <ATen/ATen.h>

#include <map>
#include <string>

namespace timetrial::test {
namespace {

struct Plain {
  std::map<std::string, at::Tensor> tensors;
  bool tanh = false;

  at::Tensor activate(const at::Tensor& x) const {
    return tanh ? 1 - 2 / ((2 * x).exp() + 1) : at::where(x > 0, x, 0.2 * x);
  }

  /// Mean 0 and variance 1 over these dimensions.
  static at::Tensor standardise(const at::Tensor& x, at::IntArrayRef dims, double epsilon) {
    const at::Tensor centred = x - x.mean(dims, true);
    return centred / (centred.square().mean(dims, true) + epsilon).sqrt();
  }

  at::Tensor block(const std::string& name, at::Tensor x) const {
    for (const int position : {0, 4}) {
      const std::string layer = name + ".conv_layers.";
      x = at::conv2d(x, tensors.at(layer + std::to_string(position) + ".weight"), {}, 1, 1);
      const std::string norm = layer + std::to_string(position + 1);
      if (const auto scale = tensors.find(norm + ".weight"); scale != tensors.end()) {
        x = standardise(x, {1, 2, 3}, 1e-6) * scale->second.view({1, -1, 1, 1}) +
            tensors.at(norm + ".bias").view({1, -1, 1, 1});
      } else {
        x = standardise(x, {2, 3}, 1e-5);
      }
      x = activate(x);
    }
    return x;
  }

  /// Every input pixel becomes a square of 2 x 2 output pixels.
  at::Tensor up(const std::string& name, const at::Tensor& x) const {
    const at::Tensor& kernel = tensors.at(name + ".layers.0.weight");
    const at::Tensor squares = at::einsum("bihw,ioxy->bohxwy", {x, kernel});
    const at::Tensor image =
        squares.reshape({x.size(0), kernel.size(1), 2 * x.size(2), 2 * x.size(3)});
    return activate(standardise(image, {2, 3}, 1e-5));
  }
};

/// Mirrors the last but one row or column behind the last where `like` has one more.
at::Tensor mirrored(at::Tensor x, const at::Tensor& like) {
  for (const std::int64_t dim : {2, 3}) {
    if (x.size(dim) < like.size(dim)) x = at::cat({x, x.narrow(dim, x.size(dim) - 2, 1)}, dim);
  }
  return x;
}

}  // namespace

at::Tensor plain_unet(const workloads::Model& model, const at::Tensor& inputs, bool tanh) {
  Plain plain{.tensors = {}, .tanh = tanh};
  for (const auto& p : model.parameters())
    plain.tensors[p.name] = p.tensor.detach().to(at::kDouble);
  at::Tensor x = inputs.to(at::kDouble).unsqueeze(1);
  std::vector<at::Tensor> skips;
  for (std::size_t i = 0;; ++i) {
    const std::string name = "down_sample_layers." + std::to_string(i);
    if (!plain.tensors.contains(name + ".conv_layers.0.weight")) break;
    skips.push_back(plain.block(name, x));
    x = at::avg_pool2d(skips.back(), 2);
  }
  x = plain.block("conv", x);
  for (std::size_t i = 0; !skips.empty(); ++i, skips.pop_back()) {
    const std::string number = std::to_string(i);
    x = mirrored(plain.up("up_transpose_conv." + number, x), skips.back());
    x = plain.block("up_conv." + number + (skips.size() == 1 ? ".0" : ""),
                    at::cat({x, skips.back()}, 1));
    if (skips.size() == 1) {
      x = at::conv2d(x, plain.tensors.at("up_conv." + number + ".1.weight"),
                     plain.tensors.at("up_conv." + number + ".1.bias"));
    }
  }
  return x.squeeze(1);
}

}  // namespace timetrial::test
