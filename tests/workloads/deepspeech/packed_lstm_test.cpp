#include "workloads/deepspeech/packed_lstm.h"

#include "plain_deepspeech.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

namespace timetrial::deepspeech {
namespace {

/// Paddings of utterances of these lengths, 7 frames in all.
at::Tensor paddings_of(const std::vector<std::int64_t>& lengths) {
  auto paddings = at::zeros({static_cast<std::int64_t>(lengths.size()), 7});
  for (std::size_t b = 0; b < lengths.size(); ++b) {
    paddings[static_cast<std::int64_t>(b)].slice(0, lengths[b]).fill_(1);
  }
  return paddings;
}

struct Layer {
  std::vector<Parameter> parameters;
  nn::Builder builder{parameters, at::kCPU};
  PackedLstm lstm;
  explicit Layer(bool bidirectional)
      : lstm(builder, "lstm", {.in = 5, .hidden = 3, .bidirectional = bidirectional}) {
    const at::NoGradGuard no_grad;
    at::manual_seed(31);
    for (const auto& p : parameters) at::Tensor(p.tensor).normal_(0, 0.7);
  }
  std::vector<at::Tensor> doubles(std::size_t first) const {
    std::vector<at::Tensor> result;
    for (std::size_t i = first; i < first + 4; ++i) {
      result.push_back(parameters[i].tensor.detach().to(at::kDouble));
    }
    return result;
  }
};

TEST(PackedLstm, RunsEachUtteranceByItself) {
  const std::vector<std::int64_t> lengths = {4, 7, 1, 4, 6};  // not sorted, with equal ones
  for (const bool bidirectional : {true, false}) {
    const Layer layer(bidirectional);
    const at::NoGradGuard no_grad;
    const auto x = at::randn({5, 7, 5});
    const auto found = layer.lstm(x, Packing(paddings_of(lengths)), false);
    ASSERT_EQ(found.sizes(), at::IntArrayRef({5, 7, bidirectional ? 6 : 3}));
    for (std::int64_t b = 0; b < 5; ++b) {
      const std::int64_t length = lengths[static_cast<std::size_t>(b)];
      const auto own = x[b].slice(0, 0, length).to(at::kDouble);
      auto expected = plain_lstm(layer.doubles(0), own, false);
      if (bidirectional) expected = at::cat({expected, plain_lstm(layer.doubles(4), own, true)}, 1);
      EXPECT_LT((found[b].slice(0, 0, length) - expected).abs().max().item<double>(), 1e-6);
      EXPECT_TRUE(found[b].slice(0, length).eq(0).all().item<bool>());
    }
  }
}

TEST(PackedLstm, NoUtteranceNeedsToFillTheBatch) {
  const Layer layer(true);
  const at::NoGradGuard no_grad;
  const auto x = at::randn({2, 7, 5});
  const auto found = layer.lstm(x, Packing(paddings_of({3, 2})), false);
  EXPECT_EQ(found.size(1), 7);
  EXPECT_TRUE(found.slice(1, 3).eq(0).all().item<bool>());
}

TEST(PackedLstm, PaddedFramesGetNoGradient) {
  const Layer layer(true);
  const auto x = at::randn({2, 7, 5}).requires_grad_(true);
  layer.lstm(x, Packing(paddings_of({5, 2})), true).square().sum().backward();
  EXPECT_TRUE(x.grad()[0].slice(0, 5).eq(0).all().item<bool>());
  EXPECT_TRUE(x.grad()[1].slice(0, 2).eq(0).all().item<bool>());
  EXPECT_GT(x.grad()[1][1].abs().max().item<double>(), 0);
  EXPECT_EQ(layer.parameters[7].name, "lstm.bias_hh_l0_reverse");
  EXPECT_GT(layer.parameters[7].tensor.grad().abs().max().item<double>(), 0);
}

TEST(Packing, TakesAnUtteranceThatIsAllPaddingForOneFrame) {
  const Packing packing(paddings_of({0, 3}));
  EXPECT_TRUE(at::equal(packing.lengths, at::tensor({3, 1}, at::kLong)));
  EXPECT_TRUE(at::equal(packing.order, at::tensor({1, 0}, at::kLong)));
}

}  // namespace
}  // namespace timetrial::deepspeech
