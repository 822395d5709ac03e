// What is reported of attention, against numbers worked out by hand.
#include "workloads/nn/attention_taps.h"

#include "workloads/nn/taps.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace timetrial::nn {
namespace {

// One head, two positions, D = 1: scores of scale * q k^T are
//   ( 2 * 1 * scale   2 * -9 * scale )
//   ( 3 * 1 * scale   3 * -9 * scale )
const at::Tensor kQuery = at::tensor({2.0f, 3.0f}).view({1, 1, 2, 1});
const at::Tensor kKey = at::tensor({1.0f, -9.0f}).view({1, 1, 2, 1});

double entropy_of_two(double a, double b) {
  const double p = 1 / (1 + std::exp(b - a));
  return -p * std::log(p) - (1 - p) * std::log(1 - p);
}

TEST(AttentionTaps, ReportWhatTheQueriesCanSee) {
  {
    const Taps taps;
    tap_attention("all", kQuery, kKey, {}, {.scale = 0.1});
    EXPECT_NEAR(taps.values().at("all.attention_logit_max"), 2.7, 1e-6);
    EXPECT_NEAR(taps.values().at("all.attention_entropy"),
                (entropy_of_two(0.2, -1.8) + entropy_of_two(0.3, -2.7)) / 2, 1e-6);
  }
  {
    // The first query sees the first key only: entropy 0.
    const Taps taps;
    tap_attention("causal", kQuery, kKey, {}, {.scale = 0.1, .causal = true});
    EXPECT_NEAR(taps.values().at("causal.attention_logit_max"), 2.7, 1e-6);
    EXPECT_NEAR(taps.values().at("causal.attention_entropy"), entropy_of_two(0.3, -2.7) / 2, 1e-6);
  }
  {
    const at::Tensor mask = at::tensor({0.0f, -1e10f}).view({1, 1, 1, 2});
    const Taps taps;
    tap_attention("masked", kQuery, kKey, mask, {});  // scale 1
    EXPECT_NEAR(taps.values().at("masked.attention_logit_max"), 3, 1e-6);
    EXPECT_NEAR(taps.values().at("masked.attention_entropy"), 0, 1e-6);
  }
}

TEST(AttentionTaps, HaveNoEntropyOfWeightsThatAreNoDistribution) {
  const Taps taps;
  tap_attention("relu", kQuery, kKey, {}, {.form = AttentionForm::relu});
  EXPECT_EQ(taps.values().count("relu.attention_logit_max"), 1U);
  EXPECT_EQ(taps.values().count("relu.attention_entropy"), 0U);
}

TEST(AttentionTaps, ReportRootMeanSquaresOutsideOfTheGraph) {
  const at::Tensor x = at::tensor({3.0f, 4.0f, 0.0f, 0.0f}).requires_grad_(true);
  const Taps taps;
  tap_rms("x", x);
  EXPECT_DOUBLE_EQ(taps.values().at("x"), 2.5);
  EXPECT_EQ(x.use_count(), 1U);  // no node of a graph holds it
}

}  // namespace
}  // namespace timetrial::nn
