#include "tests/optim/tensor_lists.h"

#include "harness/device/device.h"
#include "harness/trial/error.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace timetrial::optim_tests {

std::vector<at::Tensor> all_kinds(double stream) {
  const auto numbers = [&](at::IntArrayRef shape, at::ScalarType type = at::kFloat) {
    const auto count = c10::multiply_integers(shape);
    const at::Tensor place = at::arange(count, at::kDouble).add(1 + 1000 * stream);
    return place.mul(0.618033988749895).frac().sub(0.45).mul(2).reshape(shape).to(type);
  };
  return {
      numbers({37}),
      numbers({}),
      numbers({0}),
      numbers({16}),
      numbers({3, 0, 2}),
      numbers({300, 131}),  // more than two pieces
      numbers({2, 3, 4, 5}).contiguous(at::MemoryFormat::ChannelsLast),
      numbers({33, 7}).t(),
      numbers({80}).slice(0, 0, 80, 2),
      numbers({50}, at::kBFloat16),
      numbers({50}, at::kDouble),
      numbers({1}),
  };
}

Lists make_lists(std::size_t streams) {
  Lists lists;
  for (std::size_t s = 0; s < streams; ++s) {
    lists.push_back(all_kinds(static_cast<double>(s)));
    if (s < 3) continue;
    for (auto& tensor : lists.back()) tensor.abs_();
  }
  return lists;
}

Lists copies(const Lists& lists, bool in_double) {
  Lists result;
  for (const auto& list : lists) {
    auto& copy = result.emplace_back();
    for (const auto& tensor : list) {
      copy.push_back(in_double ? tensor.to(at::kDouble).contiguous().clone() : tensor.clone());
    }
  }
  return result;
}

namespace {

/// Bits that two values of a type may differ by, in units of its precision.
double tolerance(at::ScalarType type) {
  return type == at::kBFloat16 ? 8e-3 : type == at::kFloat ? 2e-6 : 1e-13;
}

}  // namespace

void expect_close(const Lists& found, const Lists& expected, const std::string& rule) {
  for (std::size_t s = 0; s < found.size(); ++s) {
    for (std::size_t i = 0; i < found[s].size(); ++i) {
      SCOPED_TRACE(rule + ", stream " + std::to_string(s) + ", tensor " + std::to_string(i));
      const at::Tensor& tensor = found[s][i];
      const double rtol = tolerance(tensor.scalar_type());
      EXPECT_TRUE(at::allclose(tensor.to(c10::kCPU, at::kDouble), expected[s][i], rtol, rtol))
          << (tensor.numel() == 0 ? 0
                                  : tensor.to(c10::kCPU, at::kDouble)
                                        .sub(expected[s][i])
                                        .abs()
                                        .max()
                                        .item<double>());
    }
  }
}

const std::string& why_no_gpu() {
  static const std::string reason = []() -> std::string {
    try {
      device::open_device("cuda:0", 1);
      return "";
    } catch (const InputError& error) {
      return error.what();
    }
  }();
  return reason;
}

}  // namespace timetrial::optim_tests
