#include "workloads/deepspeech/sequence_lstm.h"

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
  SequenceLstm lstm;
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

using Way = at::Tensor (SequenceLstm::*)(const at::Tensor&, const Lengths&, bool) const;

/// All ways, and the one that is taken.
class EverySequenceLstm : public testing::TestWithParam<Way> {
 protected:
  static at::Tensor run(const Layer& layer, const at::Tensor& x,
                        const std::vector<std::int64_t>& lengths, bool training = false) {
    return (layer.lstm.*GetParam())(x, Lengths(paddings_of(lengths)), training);
  }
};
INSTANTIATE_TEST_SUITE_P(Ways, EverySequenceLstm,
                         testing::Values(&SequenceLstm::over_rows, &SequenceLstm::over_packed,
                                         &SequenceLstm::by_steps, &SequenceLstm::operator()));

TEST_P(EverySequenceLstm, RunsEachUtteranceByItself) {
  const std::vector<std::int64_t> lengths = {4, 7, 1, 4, 6};  // not sorted, with equal ones
  for (const bool bidirectional : {true, false}) {
    const Layer layer(bidirectional);
    const at::NoGradGuard no_grad;
    const auto x = at::randn({5, 7, 5});
    const auto found = run(layer, x, lengths);
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

TEST_P(EverySequenceLstm, NoUtteranceNeedsToFillTheBatch) {
  const Layer layer(true);
  const at::NoGradGuard no_grad;
  const auto found = run(layer, at::randn({3, 7, 5}), {3, 0, 2});
  EXPECT_EQ(found.size(1), 7);
  EXPECT_TRUE(found.slice(1, 3).eq(0).all().item<bool>());
  EXPECT_TRUE(found[1].eq(0).all().item<bool>()) << "all padding";
}

TEST_P(EverySequenceLstm, HasTheGradientOfPlainStepsAndNoneWherePadded) {
  const Layer layer(true);
  const auto x = at::randn({2, 7, 5}).requires_grad_(true);
  const auto own = x.detach()[1].slice(0, 0, 2).to(at::kDouble).requires_grad_(true);
  run(layer, x, {5, 2}, true).square().sum().backward();
  EXPECT_TRUE(x.grad()[0].slice(0, 5).eq(0).all().item<bool>());
  EXPECT_TRUE(x.grad()[1].slice(0, 2).eq(0).all().item<bool>());
  // The shorter utterance alone, by plain steps in double.
  at::cat({plain_lstm(layer.doubles(0), own, false), plain_lstm(layer.doubles(4), own, true)}, 1)
      .square()
      .sum()
      .backward();
  EXPECT_LT((x.grad()[1].slice(0, 0, 2) - own.grad()).abs().max().item<double>(), 1e-5);
}

TEST(SequenceLstm, AllWaysHaveTheSameGradients) {
  const auto gradients = [](Way way) {
    const Layer layer(true);
    const auto x = at::randn({4, 7, 5});
    (layer.lstm.*way)(x, Lengths(paddings_of({2, 7, 5, 5})), true).square().sum().backward();
    std::vector<at::Tensor> result;
    for (const auto& p : layer.parameters) result.push_back(p.tensor.grad());
    return result;
  };
  const auto rows = gradients(&SequenceLstm::over_rows);
  for (const Way way : {Way(&SequenceLstm::over_packed), Way(&SequenceLstm::by_steps),
                        Way(&SequenceLstm::operator())}) {
    const auto other = gradients(way);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_TRUE(at::allclose(rows[i], other[i], 1e-4, 1e-5)) << i;
      EXPECT_GT(rows[i].abs().max().item<double>(), 0.01) << i;
    }
  }
}

TEST(Lengths, TurnEachUtteranceAroundAndSortTheLongestFirst) {
  const Lengths lengths(paddings_of({3, 0, 7}));
  EXPECT_TRUE(
      at::equal(lengths.reversal.view({3, 7})[0], at::tensor({2, 1, 0, 3, 4, 5, 6}, at::kLong)));
  EXPECT_TRUE(at::equal(lengths.reversal.view({3, 7})[1], at::arange(7, 14)));
  EXPECT_TRUE(at::equal(lengths.reversal.view({3, 7})[2], at::arange(14, 21).flip(0)));
  EXPECT_TRUE(at::equal(lengths.sorted, at::tensor({7, 3, 1}, at::kLong)));
  EXPECT_TRUE(at::equal(lengths.order, at::tensor({2, 0, 1}, at::kLong)));
  EXPECT_TRUE(at::equal(lengths.inverse, at::tensor({1, 2, 0}, at::kLong)));
}

}  // namespace
}  // namespace timetrial::deepspeech
