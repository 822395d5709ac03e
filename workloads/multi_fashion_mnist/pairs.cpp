#include "workloads/multi_fashion_mnist/pairs.h"

#include <timetrial/random.h>

#include <ATen/ops/maximum.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

namespace timetrial::multi_fashion_mnist {

Pairs pair_up(const small_images::Examples& examples, std::uint64_t seed) {
  const std::int64_t count = examples.size(), side = examples.images.size(1);
  const auto canvas = at::zeros({count, kSide, kSide}, at::kByte);
  std::vector<std::int64_t> partners;
  for (std::int64_t i = 0; i < count; ++i) {
    Random random(derive_seed(seed, "pair", static_cast<std::uint64_t>(i)));
    const auto below = [&](std::int64_t bound) {
      return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(bound)));
    };
    partners.push_back((i + 1 + below(count - 1)) % count);
    const std::int64_t corner = kSide - side;
    const std::int64_t top = below(kLargestShift + 1), left = below(kLargestShift + 1);
    const std::int64_t low = corner - below(kLargestShift + 1);
    const std::int64_t right = corner - below(kLargestShift + 1);
    const auto place = [&](std::int64_t row, std::int64_t column) {
      return canvas[i].narrow(0, row, side).narrow(1, column, side);
    };
    place(top, left).copy_(examples.images[i]);
    at::Tensor second = place(low, right);
    second.copy_(at::maximum(second, examples.images[partners.back()]));
  }
  return {canvas,
          at::stack({examples.labels, examples.labels.index_select(0, at::tensor(partners))}, 1)};
}

}  // namespace timetrial::multi_fashion_mnist
