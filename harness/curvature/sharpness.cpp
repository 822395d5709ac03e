#include "harness/curvature/sharpness.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>

#include <utility>

namespace timetrial::curvature {
namespace {

constexpr std::uint64_t kStartSeed = 1;

at::Tensor dense(const at::Tensor& tensor) {
  return tensor.is_sparse() ? tensor.to_dense() : tensor;
}

}  // namespace

Hessian::Hessian(const std::function<at::Tensor()>& loss, std::vector<at::Tensor> leaves)
    : leaves_(std::move(leaves)) {
  const at::AutoGradMode with_gradients(true);
  gradient_ = torch::autograd::grad({loss()}, leaves_, /*grad_outputs=*/{}, /*retain_graph=*/true,
                                    /*create_graph=*/true, /*allow_unused=*/true);
  for (const at::Tensor& leaf : leaves_) size_ += leaf.numel();
}

at::TensorOptions Hessian::options() const {
  const bool is_double = leaves_.front().scalar_type() == at::kDouble;
  return leaves_.front().options().dtype(is_double ? at::kDouble : at::kFloat);
}

std::vector<at::Tensor> Hessian::split(const at::Tensor& flat) const {
  std::vector<at::Tensor> parts;
  std::int64_t begin = 0;
  for (const at::Tensor& leaf : leaves_) {
    parts.push_back(
        flat.slice(0, begin, begin + leaf.numel()).view(leaf.sizes()).to(leaf.scalar_type()));
    begin += leaf.numel();
  }
  return parts;
}

at::Tensor Hessian::join(const std::vector<at::Tensor>& tensors) const {
  std::vector<at::Tensor> parts;
  for (std::size_t i = 0; i < leaves_.size(); ++i) {
    parts.push_back(tensors[i].defined() ? dense(tensors[i]).flatten().to(options())
                                         : at::zeros({leaves_[i].numel()}, options()));
  }
  return at::cat(parts);
}

at::Tensor Hessian::times(const at::Tensor& flat) const {
  const auto vectors = split(flat);
  // A gradient that is constant, or of a leaf that the loss does not use, has no second order.
  std::vector<at::Tensor> differentiable, weights;
  for (std::size_t i = 0; i < gradient_.size(); ++i) {
    if (!gradient_[i].defined() || !gradient_[i].requires_grad()) continue;
    differentiable.push_back(dense(gradient_[i]));
    weights.push_back(vectors[i]);
  }
  if (differentiable.empty()) return at::zeros_like(flat);
  const at::AutoGradMode with_gradients(true);
  const auto products =
      torch::autograd::grad(differentiable, leaves_, weights, /*retain_graph=*/true,
                            /*create_graph=*/false, /*allow_unused=*/true);
  const at::NoGradGuard no_grad;
  return join(products);
}

Sharpness measure_sharpness(const Hessian& hessian,
                            const std::optional<Preconditioner>& preconditioner,
                            const LanczosOptions& options) {
  const at::NoGradGuard no_grad;
  const at::Tensor start = random_vector(hessian.size(), kStartSeed, hessian.options());
  Sharpness result;
  result.raw =
      largest_eigenvalue([&](const at::Tensor& x) { return hessian.times(x); }, start, options);
  if (!preconditioner) return result;
  const auto root = [&](const at::Tensor& x) {
    return hessian.join(preconditioner->inverse_root(hessian.split(x)));
  };
  result.preconditioned = largest_eigenvalue(
      [&](const at::Tensor& x) { return root(hessian.times(root(x))); }, start, options);
  return result;
}

}  // namespace timetrial::curvature
