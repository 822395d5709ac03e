#include "harness/sweep/rate_search.h"

#include "harness/trial/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace timetrial::sweep {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Searched {
  std::vector<double> rates;  ///< as they were asked for
  StableRate answer;
};

Searched search(const RateRange& range, const std::function<bool(double)>& is_stable) {
  RateSearch search(range);
  Searched result;
  while (const auto rate = search.next()) {
    result.rates.push_back(*rate);
    if (result.rates.size() > 60) break;  // it does not end
    search.add(*rate, is_stable(*rate));
  }
  result.answer = search.answer();
  return result;
}

TEST(RateSearch, FindsALimitAnywhereInTheRange) {
  for (const double resolution : {1.01, 1.1, 2.0}) {
    for (const double limit : {0.0011, 0.013, 0.0999, 0.1, 0.1001, 0.37, 9.9}) {
      SCOPED_TRACE(limit);
      const auto [rates, answer] =
          search({1e-3, 10, resolution}, [&](double rate) { return rate <= limit; });
      EXPECT_EQ(answer.answer, RateAnswer::bracketed);
      ASSERT_TRUE(answer.stable && answer.unstable);
      EXPECT_LE(*answer.stable, limit);
      EXPECT_GT(*answer.unstable, limit);
      EXPECT_LE(*answer.unstable / *answer.stable, resolution);
      EXPECT_THAT(answer.stable_above, IsEmpty());
      EXPECT_LT(rates.size(), 20U);
    }
  }
}

TEST(RateSearch, DoublesOutwardsThenBisectsThenLooksBeyond) {
  const auto [rates, answer] = search({1e-3, 10, 1.2}, [](double rate) { return rate <= 0.3; });
  EXPECT_THAT(rates, ElementsAre(0.1, 0.2, 0.4, 0.2828, 0.3363, 0.6726));
  EXPECT_EQ(answer.stable, 0.2828);
  EXPECT_EQ(answer.unstable, 0.3363);
  const auto down = search({1e-3, 10, 2}, [](double rate) { return rate <= 0.03; }).rates;
  EXPECT_THAT(down, ElementsAre(0.1, 0.05, 0.025, DoubleEq(0.0125)));
}

TEST(RateSearch, SaysThatTheWholeRangeIsStableOrUnstable) {
  const auto stable = search({1e-2, 1, 1.1}, [](double) { return true; });
  EXPECT_EQ(stable.answer.answer, RateAnswer::all_stable);
  EXPECT_EQ(stable.rates.back(), 1);
  EXPECT_EQ(stable.answer.stable, 1);
  EXPECT_FALSE(stable.answer.unstable);
  const auto unstable = search({1e-2, 1, 1.1}, [](double) { return false; });
  EXPECT_EQ(unstable.answer.answer, RateAnswer::all_unstable);
  EXPECT_EQ(unstable.rates.back(), 1e-2);
  EXPECT_FALSE(unstable.answer.stable);
  EXPECT_EQ(unstable.answer.unstable, 1e-2);
}

TEST(RateSearch, ReportsAStableRateAboveAnUnstableOne) {
  const auto [rates, answer] =
      search({1e-3, 10, 1.2}, [](double rate) { return rate <= 0.3 || rate > 0.6; });
  EXPECT_EQ(answer.answer, RateAnswer::bracketed);
  EXPECT_EQ(answer.stable, 0.2828);
  EXPECT_EQ(answer.unstable, 0.3363);
  EXPECT_THAT(answer.stable_above, ElementsAre(0.6726));
}

TEST(RateSearch, GoesOnBelowAnUnstableRateUnderAStableOne) {
  const auto is_stable = [](double rate) { return rate < 0.02 || (rate > 0.04 && rate < 0.15); };
  const auto [rates, answer] = search({1e-3, 10, 2}, [&](double rate) { return is_stable(rate); });
  // 0.1 stable, 0.2 not; beyond: 0.4 and 0.05, both as expected: nothing is noticed.
  EXPECT_EQ(answer.stable, 0.1);
  const auto hole = [](double rate) { return rate < 0.02 || (rate > 0.06 && rate < 0.15); };
  const auto [more, found] = search({1e-3, 10, 2}, [&](double rate) { return hole(rate); });
  EXPECT_EQ(found.stable, 0.0125);
  EXPECT_EQ(found.unstable, 0.025);
  EXPECT_THAT(found.stable_above, ElementsAre(0.1));
}

TEST(RateSearch, AsksForTheSameRatesAgain) {
  const auto is_stable = [](double rate) { return rate < 0.7; };
  EXPECT_EQ(search({0.01, 3, 1.05}, is_stable).rates, search({0.01, 3, 1.05}, is_stable).rates);
}

TEST(RateSearch, RefusesRangesThatAreNone) {
  struct Case {
    RateRange range;
    const char* message;
  } cases[] = {
      {{0, 1, 1.1}, "--low 0 --high 1: expected 0 < low < high"},
      {{1, 1, 1.1}, "--low 1 --high 1"},
      {{2, 1, 1.1}, "--low 2 --high 1"},
      {{1, INFINITY, 1.1}, "--high inf"},
      {{1, 2, 1}, "--resolution 1: expected a factor of at least 1.01"},
  };
  for (const auto& c : cases) {
    try {
      RateSearch search(c.range);
      FAIL() << c.message;
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), HasSubstr(c.message));
    }
  }
}

}  // namespace
}  // namespace timetrial::sweep
