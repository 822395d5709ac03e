// Weights that are learned from losses: first values, directions, absent tasks, checkpoints.
#include <timetrial/task_weights.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace timetrial::multitask {
namespace {

using testing::DoubleNear;
using testing::Each;
using testing::ElementsAre;

const Present kBoth{0, 1};

TEST(TaskWeights, BeginAsInLibMtl) {
  EXPECT_THAT(Uncertainty(2, 0.1).weights(kBoth), Each(DoubleNear(std::exp(0.5) / 2, 1e-12)));
  EXPECT_THAT(ImpartialLosses(2, 0.1).weights(kBoth), Each(1.0));
  EXPECT_THAT(DynamicAverage(2, 2, 10).weights(kBoth), Each(1.0));
  EXPECT_THAT(GradNorm(2, 1.5, 0.1).weights(kBoth), Each(DoubleNear(1, 1e-12)));
  // z_i / L_i over their sum.
  EXPECT_THAT(Famo(2, 0.1, 0).weights(kBoth, {1, 3}),
              ElementsAre(DoubleNear(0.75, 1e-7), DoubleNear(0.25, 1e-7)));
}

TEST(TaskWeights, UncertaintyAndImpartialLossesSettleWhereTheirFormulaSays) {
  Uncertainty uncertainty(2, 0.02);
  ImpartialLosses impartial(2, 0.02);
  for (int i = 0; i < 3000; ++i) {
    uncertainty.learn(kBoth, {0.5, 4});
    impartial.learn(kBoth, {0.5, 4});
  }
  // d/ds of L e^-s / 2 + s / 2 vanishes at e^s = L, and that of e^s L - s at e^s = 1 / L.
  EXPECT_THAT(uncertainty.weights(kBoth),
              ElementsAre(DoubleNear(1, 1e-3), DoubleNear(0.125, 1e-4)));
  EXPECT_THAT(impartial.weights(kBoth), ElementsAre(DoubleNear(2, 1e-3), DoubleNear(0.25, 1e-4)));
}

TEST(TaskWeights, DynamicAverageComparesWholePeriods) {
  DynamicAverage rule(2, 2, 2);
  for (const double loss : {4.0, 2.0, 1.0}) rule.learn(kBoth, {loss, 3});
  EXPECT_THAT(rule.weights(kBoth), Each(1.0)) << "one period and a half";
  rule.learn(kBoth, {2.0, 3});  // means 3 then 1.5, and 3 then 3
  const double first = std::exp(0.25), second = std::exp(0.5);
  EXPECT_THAT(rule.weights(kBoth), ElementsAre(DoubleNear(2 * first / (first + second), 1e-12),
                                               DoubleNear(2 * second / (first + second), 1e-12)));
  EXPECT_THAT(rule.weights({1}), ElementsAre(1.0)) << "a task alone";
}

TEST(TaskWeights, GradNormFavoursTheSmallAndTheSlow) {
  GradNorm by_norm(2, 0, 0.05);
  for (int i = 0; i < 2000; ++i) by_norm.learn(kBoth, {1, 1}, {1, 3});
  const auto balanced = by_norm.weights(kBoth);
  EXPECT_NEAR(balanced[0] / balanced[1], 3, 0.2);  // equal norms
  EXPECT_NEAR(balanced[0] + balanced[1], 2, 1e-12);
  GradNorm by_rate(2, 1, 0.05);
  by_rate.learn(kBoth, {1, 1}, {1, 1});
  for (int i = 0; i < 2000; ++i) by_rate.learn(kBoth, {0.25, 0.75}, {1, 1});
  const auto pulled = by_rate.weights(kBoth);
  EXPECT_NEAR(pulled[1] / pulled[0], 3, 0.2);
}

TEST(TaskWeights, FamoTurnsToTheTaskThatFallsLess) {
  Famo rule(2, 0.025, 0);
  for (int i = 0; i < 20; ++i) rule.learn(kBoth, {1, 1}, {0.5, 0.9});
  const auto weights = rule.weights(kBoth, {1, 1});
  EXPECT_GT(weights[1], 1.5 * weights[0]);
  EXPECT_THAT(rule.weights(kBoth, {1, -1}), Each(1.0));
}

TEST(TaskWeights, AbsentTasksAndBrokenLossesTeachNothing) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  Uncertainty uncertainty(3, 0.1);
  uncertainty.learn({0, 2}, {5, kNan});
  const auto w = uncertainty.weights({0, 1, 2});
  EXPECT_LT(w[0], w[1]);
  EXPECT_EQ(w[1], w[2]);
  GradNorm norm(2, 1.5, 0.1);
  norm.learn(kBoth, {1, kNan}, {1, 2});
  norm.learn(kBoth, {1, 0}, {1, 2});
  EXPECT_THAT(norm.weights(kBoth), Each(DoubleNear(1, 1e-12)));
  Famo famo(2, 0.1, 0);
  famo.learn(kBoth, {1, 1}, {0.5, kNan});
  EXPECT_THAT(famo.weights(kBoth, {1, 1}), Each(DoubleNear(0.5, 1e-9)));
  DynamicAverage average(2, 2, 1);
  average.learn(kBoth, {1, 1});
  average.learn(kBoth, {2, kNan});
  EXPECT_THAT(average.weights(kBoth), Each(1.0));
}

/// Learns, saves into another, and both learn on: they must stay equal.
template <typename Rule, typename Learn>
void goes_on_from_its_state(Rule one, Rule other, const Learn& learn) {
  for (int i = 0; i < 7; ++i) learn(one, i);
  other.restore(one.state());
  EXPECT_EQ(one.state(), other.state());
  for (int i = 7; i < 14; ++i) {
    learn(one, i);
    learn(other, i);
  }
  EXPECT_EQ(one.state(), other.state());
  EXPECT_THROW(other.restore({1}), std::invalid_argument);
}

TEST(TaskWeights, GoOnFromACheckpointBitForBit) {
  const auto losses = [](int i) { return std::vector<double>{1.0 / (i + 1), 1.0 / (2 * i + 3)}; };
  const auto learn = [&](auto& rule, int i) { rule.learn(kBoth, losses(i)); };
  goes_on_from_its_state(Uncertainty(2, 0.1), Uncertainty(2, 0.1), learn);
  goes_on_from_its_state(ImpartialLosses(2, 0.1), ImpartialLosses(2, 0.1), learn);
  goes_on_from_its_state(DynamicAverage(2, 2, 3), DynamicAverage(2, 2, 3), learn);
  goes_on_from_its_state(GradNorm(2, 1.5, 0.1), GradNorm(2, 1.5, 0.1), [&](auto& rule, int i) {
    rule.learn(kBoth, losses(i), {1.0 + i, 2.0});
  });
  goes_on_from_its_state(Famo(2, 0.1, 1e-3), Famo(2, 0.1, 1e-3),
                         [&](auto& rule, int i) { rule.learn(kBoth, losses(i), losses(i + 1)); });
}

}  // namespace
}  // namespace timetrial::multitask
