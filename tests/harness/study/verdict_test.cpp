#include "harness/study/verdict.h"

#include "harness/trial/error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace timetrial::study {
namespace {

Gate at_least(double value, GateKind kind = GateKind::gate) {
  return {"gate", "s", value, std::nullopt, kind};
}
Gate at_most(double value) { return {"gate", "s", std::nullopt, value}; }

GateResult judged(const Gate& gate, const Statistic& statistic) {
  return judge({gate}, {{"s", statistic}}, {"s"}).at(0);
}

TEST(Gate, HoldsOrFailsWithItsWholeInterval) {
  struct Case {
    Gate gate;
    double low, high;
    GateState state;
  };
  const Case cases[] = {
      {at_least(1), 1, 2, GateState::holds},     {at_least(1), 0.5, 2, GateState::open},
      {at_least(1), 0.5, 0.9, GateState::fails}, {at_most(1), 0.5, 1, GateState::holds},
      {at_most(1), 0.5, 1.5, GateState::open},   {at_most(1), 1.1, 1.5, GateState::fails},
  };
  for (const auto& test : cases) {
    EXPECT_EQ(judged(test.gate, {(test.low + test.high) / 2, test.low, test.high, ""}).state,
              test.state);
  }
  EXPECT_EQ(judged(at_least(1), Statistic::exact(std::nan(""), "")).state, GateState::open);
  EXPECT_EQ(judge({at_least(1)}, {}, {"s"}).at(0).state, GateState::open) << "not measured";
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(judged(at_least(1), {2, -kInfinity, kInfinity, ""}).state, GateState::open)
      << "one seed";
}

TEST(Gate, OnAnUnknownStatisticIsRefused) {
  EXPECT_THROW(judge({{"g", "largest_exces", 1, {}}}, {}, {"largest_excess"}), InputError);
}

TEST(Verdict, NeedsEveryGateAndPreconditionAndControl) {
  const auto good = Statistic::exact(2, ""), bad = Statistic::exact(0, "");
  const Statistic open{1, 0, 2, ""};
  const auto gate = [](const Statistic& s) { return judged(at_least(1), s); };
  const auto control = [](const Statistic& s) { return judged(at_least(1, GateKind::control), s); };
  const auto precondition = [](const Statistic& s) {
    return judged(at_least(1, GateKind::precondition), s);
  };
  EXPECT_EQ(verdict_of({gate(good), control(bad)}), Verdict::reproduced);
  EXPECT_EQ(verdict_of({gate(good), gate(bad), control(bad)}), Verdict::not_reproduced);
  EXPECT_EQ(verdict_of({gate(good), gate(open), control(bad)}), Verdict::inconclusive);
  EXPECT_EQ(verdict_of({gate(good), control(good)}), Verdict::inconclusive)
      << "an experiment that cannot fail tells nothing";
  EXPECT_EQ(verdict_of({gate(bad), control(open)}), Verdict::inconclusive);
  EXPECT_EQ(verdict_of({precondition(good), gate(good)}), Verdict::reproduced);
  EXPECT_EQ(verdict_of({precondition(good), gate(bad)}), Verdict::not_reproduced);
  EXPECT_EQ(verdict_of({precondition(bad), gate(good)}), Verdict::inconclusive);
  EXPECT_EQ(verdict_of({gate(bad), precondition(bad)}), Verdict::inconclusive)
      << "nothing is refuted where nothing could have been seen";
}

TEST(MeanInterval, IsStudents) {
  const auto s = mean_interval({1, 2, 3}, "m");
  ASSERT_TRUE(s);
  EXPECT_DOUBLE_EQ(s->value, 2);
  EXPECT_NEAR(s->high - s->value, 4.3027 / std::sqrt(3.0), 1e-3);
  EXPECT_FALSE(mean_interval({}, ""));
  EXPECT_FALSE(mean_interval({1, std::nan("")}, ""));
  EXPECT_EQ(mean_interval({1}, "")->high, std::numeric_limits<double>::infinity());
}

}  // namespace
}  // namespace timetrial::study
