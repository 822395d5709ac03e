#include "scoring/divergence.h"

#include "scoring/rolling_median.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <random>
#include <vector>

namespace timetrial::scoring {
namespace {

using Curve = std::vector<TrainingLosses>;
using Sign = DivergenceSign;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// Uniform in [-1, 1], the same for equal steps: noise whose largest value is 2 of its robust
/// deviations.
double noise(int step) { return 2 * std::fmod(0.6180339887498949 * (step + 1), 1.0) - 1; }

std::vector<float> losses_of(int count, const std::function<double(int)>& loss) {
  std::vector<float> losses;
  for (int i = 0; i < count; ++i) losses.push_back(static_cast<float>(loss(i)));
  return losses;
}

Curve curve_of(int count, const std::function<double(int)>& loss) {
  return {{0, 1, losses_of(count, loss)}};
}

double falling(int step) { return 0.5 + 2 * std::exp(-step / 30.0) + 0.02 * noise(step); }

struct Expected {
  DivergenceKind kind;
  DivergenceSign sign = DivergenceSign::none;
  std::int64_t step = 0;
  std::int64_t excursions = 0;
};

void expect(const Divergence& found, const Expected& expected) {
  EXPECT_STREQ(to_string(found.kind), to_string(expected.kind));
  EXPECT_STREQ(to_string(found.sign), to_string(expected.sign));
  EXPECT_EQ(found.step, expected.step);
  EXPECT_EQ(found.excursions, expected.excursions);
}

TEST(Divergence, OfCurvesByTheirShape) {
  using enum DivergenceKind;
  struct Case {
    const char* what;
    Curve curve;
    Expected expected;
  };
  const Case cases[] = {
      {"falling with noise", curve_of(1000, falling), {DivergenceKind::none}},
      {"falling without noise",
       curve_of(600, [](int i) { return std::exp(-i / 20.0); }),
       {DivergenceKind::none}},
      {"falling to zero and staying",
       curve_of(600, [](int i) { return i < 100 ? 1.0 : 0.0; }),
       {DivergenceKind::none}},
      {"constant", curve_of(300, [](int) { return 0.7; }), {DivergenceKind::none}},
      {"constant but for rounding",
       curve_of(300, [](int i) { return i % 7 ? 0.7 : 0.7000001; }),
       {DivergenceKind::none}},
      {"zero throughout", curve_of(300, [](int) { return 0; }), {DivergenceKind::none}},
      {"constant but for a spike",
       curve_of(300, [](int i) { return i == 150 ? 0.8 : 0.7; }),
       {micro, Sign::excursion, 150, 1}},
      {"constant but for a spike of half a per cent",
       curve_of(300, [](int i) { return i == 150 ? 0.7035 : 0.7; }),
       {DivergenceKind::none}},
      {"zero but for a spike, after a start that was not",
       curve_of(300, [](int i) { return i < 60     ? 1.0
                                        : i == 200 ? 0.1
                                                   : 0.0; }),
       {micro, Sign::excursion, 200, 1}},
      {"a spike in noise",
       curve_of(1000, [](int i) { return falling(i) + (i == 500 ? 0.3 : 0); }),
       {micro, Sign::excursion, 500, 1}},
      {"a spike no larger than noise",
       curve_of(1000, [](int i) { return falling(i) + (i == 500 ? 0.02 : 0); }),
       {DivergenceKind::none}},
      {"two of some steps each",
       curve_of(1000,
                [](int i) {
                  return falling(i) + ((i >= 300 && i < 305) || (i >= 700 && i < 720) ? 2 : 0);
                }),
       {micro, Sign::excursion, 300, 2}},
      {"early, in a window of 41",
       curve_of(1000, [](int i) { return i == 20 ? 9 : falling(i); }),
       {micro, Sign::excursion, 20, 1}},
      {"in the first ten, which are not judged",
       curve_of(1000, [](int i) { return i == 5 ? 9 : falling(i); }),
       {DivergenceKind::none}},
      {"shortly before the end",
       curve_of(1000, [](int i) { return i == 997 ? 9 : falling(i); }),
       {micro, Sign::excursion, 997, 1}},
      {"at the end, without a way back",
       curve_of(1000, [](int i) { return i >= 997 ? 9 : falling(i); }),
       {DivergenceKind::none}},
      {"a dip downwards",
       curve_of(1000, [](int i) { return i == 500 ? 0 : falling(i); }),
       {DivergenceKind::none}},
      {"drifting upwards, slowly",
       curve_of(1000, [](int i) { return 1 + i / 1000.0; }),
       {DivergenceKind::none}},
      {"drifting above the level",
       curve_of(1000, [](int i) { return 1 + i / 400.0; }),
       // The median of 40 lies 19.5 steps behind: 1 + (i - 19.5) / 400 > 2.5 * 1.01125.
       {full, Sign::loss_stays_high, 631}},
      {"jumping up for good",
       curve_of(1000, [](int i) { return i < 600 ? falling(i) : 60.0; }),
       {full, Sign::loss_stays_high, 619}},
      {"jumping up for good at once",
       curve_of(100, [](int i) { return i < 10 ? 1 : 3; }),
       {full, Sign::loss_stays_high, 39}},
      {"jumping up and coming down",
       curve_of(1000, [](int i) { return i >= 400 && i < 460 ? 60 : falling(i); }),
       {micro, Sign::excursion, 400, 1}},
      {"high from the second loss on",
       curve_of(300, [](int i) { return i == 0 ? 1 : 1e20 / i; }),
       {full, Sign::loss_stays_high, 39}},
      {"high from the second loss on, and back",
       curve_of(300, [](int i) { return i == 0 ? 1 : 1 + 1e4 * std::exp(-i / 20.0); }),
       {DivergenceKind::none}},
      {"up to just ten times the first loss",
       curve_of(300, [](int i) { return i == 0 ? 1 : 10; }),
       {DivergenceKind::none}},
      {"up to just the level",
       curve_of(300, [](int i) { return i < 100 ? 1 : 2.5; }),
       {DivergenceKind::none}},
      {"coming down, and up for good",
       curve_of(1000, [](int i) { return (i >= 300 && i < 360) || i >= 800 ? 60 : falling(i); }),
       {full, Sign::loss_stays_high, 819, 1}},
      {"below zero, rising above it",
       curve_of(300, [](int i) { return -3 + i / 50.0; }),
       {DivergenceKind::none}},
      {"below zero, with a spike",
       curve_of(300, [](int i) { return i == 150 ? 5 : -3; }),
       {micro, Sign::excursion, 150, 1}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    expect(find_divergence(c.curve), c.expected);
  }
}

TEST(Divergence, OfLossesThatAreNotFinite) {
  using enum DivergenceKind;
  const auto with = [](int count, int step, float loss) {
    auto curve = curve_of(count, falling);
    curve[0].losses[static_cast<std::size_t>(step)] = loss;
    return curve;
  };
  expect(find_divergence(with(1000, 0, kNaN)), {full, Sign::loss_not_finite, 0});
  expect(find_divergence(with(1000, 700, kNaN)), {full, Sign::loss_not_finite, 700});
  expect(find_divergence(with(1000, 999, kInfinity)), {full, Sign::loss_not_finite, 999});
  expect(find_divergence(with(1000, 30, -kInfinity)), {full, Sign::loss_not_finite, 30});
  expect(find_divergence(with(3, 2, kNaN)), {full, Sign::loss_not_finite, 2});
  expect(find_divergence({{0, 1, {kNaN}}}), {full, Sign::loss_not_finite, 0});
  auto after_spike = with(1000, 700, kNaN);
  after_spike[0].losses[300] = 9;
  after_spike[0].losses[800] = 9;
  expect(find_divergence(after_spike), {full, Sign::loss_not_finite, 700, 1});
  // A loss that has risen for good before it overflows began to diverge when it rose.
  auto high = curve_of(1000, [](int i) { return i < 600 ? falling(i) : 60.0; });
  high[0].losses[900] = kInfinity;
  expect(find_divergence(high), {full, Sign::loss_stays_high, 619});
}

TEST(Divergence, OfCurvesThatAreTooShortIsUnknown) {
  using enum DivergenceKind;
  expect(find_divergence({}), {unknown});
  expect(find_divergence({{0, 1, {}}}), {unknown});
  const auto rising = [](int count) {
    return curve_of(count, [](int i) { return i < 10 ? 1 : 9; });
  };
  EXPECT_EQ(find_divergence(rising(1)).kind, unknown);
  EXPECT_EQ(find_divergence(rising(49)).kind, unknown);
  EXPECT_EQ(find_divergence(rising(50)).kind, full);
  EXPECT_EQ(find_divergence(curve_of(50, falling)).kind, none);
}

TEST(Divergence, OfWhatIsKnownBesideTheLosses) {
  using enum DivergenceKind;
  const auto fine = curve_of(500, falling);
  const MetricLimit auc{0.55, /*higher_is_better=*/true}, error{0.9, /*higher_is_better=*/false};
  struct Case {
    const char* what;
    TrialEnding ending;
    Expected expected;
  };
  const double nan = std::nan("");
  const Case cases[] = {
      {"parameters", {.not_finite_at = 480}, {full, Sign::parameters_not_finite, 480}},
      {"AUC at chance",
       {.metric = 0.5, .metric_step = 500, .limit = auc},
       {full, Sign::metric_beyond_limit, 500}},
      {"AUC at the limit", {.metric = 0.55, .metric_step = 500, .limit = auc}, {none}},
      {"AUC that is no number",
       {.metric = nan, .metric_step = 500, .limit = auc},
       {full, Sign::metric_beyond_limit, 500}},
      {"an error above",
       {.metric = 0.95, .metric_step = 500, .limit = error},
       {full, Sign::metric_beyond_limit, 500}},
      {"an error below", {.metric = 0.5, .metric_step = 500, .limit = error}, {none}},
      {"an error that is no number",
       {.metric = nan, .metric_step = 500, .limit = error},
       {full, Sign::metric_beyond_limit, 500}},
      {"no metric", {.limit = auc}, {none}},
      {"no limit", {.metric = 0.1}, {none}},
      {"the earlier sign counts",
       {.not_finite_at = 480, .metric = 0.5, .metric_step = 300, .limit = auc},
       {full, Sign::metric_beyond_limit, 300}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    expect(find_divergence(fine, c.ending), c.expected);
  }
  expect(find_divergence({}, {.not_finite_at = 7}), {full, Sign::parameters_not_finite, 7});
  auto spikes = fine;
  spikes[0].losses[200] = spikes[0].losses[490] = 9;
  expect(find_divergence(spikes, {.not_finite_at = 480}),
         {full, Sign::parameters_not_finite, 480, 1});
}

TEST(Divergence, SaysHowThinTheCurveIsAndCountsInSteps) {
  auto losses = losses_of(600, falling);
  losses[450] = 9;
  const std::vector<float> first(losses.begin(), losses.begin() + 400),
      second(losses.begin() + 400, losses.end());
  const auto found = find_divergence({{0, 1, first}, {400, 8, second}});
  EXPECT_EQ(found.stride, 8);
  EXPECT_EQ(found.losses, 600);
  expect(found, {DivergenceKind::micro, DivergenceSign::excursion, 400 + 50 * 8, 1});
  EXPECT_EQ(find_divergence(curve_of(100, falling)).stride, 1);
}

TEST(Divergence, RefusesRulesThatNoCurveCanFollow) {
  EXPECT_THROW(find_divergence({}, {}, {.first = 0}), std::invalid_argument);
  EXPECT_THROW(find_divergence({}, {}, {.last = 0}), std::invalid_argument);
  EXPECT_THROW(find_divergence({}, {}, {.window = 200}), std::invalid_argument);
}

/// The rules once more, each number looked up and sorted anew.
Expected slowly(const std::vector<float>& losses) {
  const auto median = [](std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const auto n = values.size();
    return n % 2 ? values[n / 2] : values[n / 2 - 1] / 2 + values[n / 2] / 2;
  };
  const auto between = [&](int first, int last) {
    return std::vector<double>(losses.begin() + first, losses.begin() + last);
  };
  const int count = static_cast<int>(losses.size());
  const double level = std::min(median(between(0, 10)), 4.0 * losses[0]);
  int high = -1;
  for (int i = count - 1; i >= 39 && median(between(i - 39, i + 1)) > 2.5 * level; --i) high = i;
  Expected expected{DivergenceKind::none};
  bool out = false;
  int since = 0;
  const int widest = std::min(201, count % 2 ? count : count - 1);
  for (int i = 10; i < (high < 0 ? count : high + 1); ++i) {
    const int end = high < 0 ? count : high + 1;
    const int wide = std::min(widest, end % 2 ? end : end - 1), half = std::min(wide / 2, i);
    const auto window = i + half < end ? between(i - half, i + half + 1) : between(end - wide, end);
    const double center = median(window);
    std::vector<double> distances;
    for (const double loss : window) distances.push_back(std::abs(loss - center));
    const bool is_out =
        losses[static_cast<std::size_t>(i)] > center + 5 * 1.4826 * median(distances);
    if (is_out && !out) since = i;
    if (!is_out && out && expected.excursions++ == 0) expected.step = since;
    out = is_out;
  }
  if (expected.excursions > 0) {
    expected.kind = DivergenceKind::micro;
    expected.sign = DivergenceSign::excursion;
  }
  if (high >= 0) {
    expected = {DivergenceKind::full, DivergenceSign::loss_stays_high, high, expected.excursions};
  }
  return expected;
}

TEST(Divergence, AgreesWithTheRulesAppliedSlowly) {
  constexpr unsigned kSeed = 20;
  std::mt19937 random(kSeed);
  std::student_t_distribution<double> heavy(2.5);
  int excursions = 0, full = 0;
  for (const int count : {50, 51, 99, 200, 201, 202, 300, 401}) {
    for (int repetition = 0; repetition < 6; ++repetition) {
      SCOPED_TRACE(testing::Message()
                   << "seed " << kSeed << ", " << count << " losses, " << repetition);
      const double rise = repetition % 2 ? 4.0 / count : 0;
      const auto losses =
          losses_of(count, [&](int i) { return 1 + rise * i + 0.05 * std::abs(heavy(random)); });
      const auto expected = slowly(losses);
      expect(find_divergence({{0, 1, losses}}), expected);
      excursions += expected.kind == DivergenceKind::micro ? 1 : 0;
      full += expected.kind == DivergenceKind::full ? 1 : 0;
    }
  }
  EXPECT_GT(excursions, 5) << "or the comparison says little";
  EXPECT_GT(full, 5);
}

TEST(RollingMedian, AndItsMedianDistanceAreThoseOfTheValuesThere) {
  constexpr unsigned kSeed = 7;
  std::mt19937 random(kSeed);
  std::uniform_int_distribution<int> few(-3, 3);  // equal values are usual
  RollingMedian rolling;
  std::vector<double> values;
  for (int i = 0; i < 400; ++i) {
    SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", " << i);
    values.push_back(few(random) * 0.25);
    rolling.add(values.back());
    if (values.size() > 31 || (values.size() > 1 && i % 3 == 0)) {
      rolling.remove(values.front());
      values.erase(values.begin());
    }
    ASSERT_EQ(rolling.size(), values.size());
    auto sorted = values;
    std::sort(sorted.begin(), sorted.end());
    const auto n = sorted.size();
    const double center = n % 2 ? sorted[n / 2] : sorted[n / 2 - 1] / 2 + sorted[n / 2] / 2;
    ASSERT_EQ(rolling.median(), center);
    for (auto& value : sorted) value = std::abs(value - center);
    std::sort(sorted.begin(), sorted.end());
    ASSERT_EQ(rolling.median_distance(), sorted[n / 2]);
  }
  EXPECT_THROW(rolling.remove(99), std::logic_error);
}

}  // namespace
}  // namespace timetrial::scoring
