#include <gtest/gtest.h>
#include <timetrial/hyperparameter_reader.h>
#include <timetrial/learning_rate.h>

#include <cmath>
#include <functional>
#include <string>

namespace timetrial {
namespace {

/// The message that `read` throws with for this point; "" if it throws none.
std::string refusal(const std::map<std::string, double>& values,
                    const std::function<void(HyperparameterReader&)>& read) {
  const Hyperparameters point(values);
  HyperparameterReader reader(point);
  try {
    read(reader);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST(HyperparameterReader, NamesValueAndRange) {
  const auto positive = [](HyperparameterReader& r) { r.positive("x"); };
  const auto non_negative = [](HyperparameterReader& r) { r.non_negative("x"); };
  const auto fraction = [](HyperparameterReader& r) { r.fraction("x"); };
  const auto inner = [](HyperparameterReader& r) { r.inner_fraction("x"); };
  EXPECT_EQ(refusal({{"x", 0}}, positive), "x = 0, expected a finite value above 0");
  EXPECT_EQ(refusal({{"x", INFINITY}}, positive), "x = inf, expected a finite value above 0");
  EXPECT_EQ(refusal({{"x", NAN}}, positive), "x = nan, expected a finite value above 0");
  EXPECT_EQ(refusal({{"x", -1e-9}}, non_negative),
            "x = -1e-09, expected a finite value of at least 0");
  const auto closed = [](HyperparameterReader& r) { r.closed_fraction("x"); };
  const auto choice = [](HyperparameterReader& r) { r.choice("x", 3); };
  EXPECT_EQ(refusal({{"x", 1}}, fraction), "x = 1, expected a value in [0, 1)");
  EXPECT_EQ(refusal({{"x", 0}}, inner), "x = 0, expected a value in (0, 1)");
  EXPECT_EQ(refusal({{"x", 1}}, closed), "");
  EXPECT_EQ(refusal({{"x", 1.5}}, closed), "x = 1.5, expected a value in [0, 1]");
  EXPECT_EQ(refusal({{"x", NAN}}, closed), "x = nan, expected a value in [0, 1]");
  EXPECT_EQ(refusal({{"x", 3}}, choice), "");
  EXPECT_EQ(refusal({{"x", 4}}, choice), "x = 4, expected a whole number from 0 to 3");
  EXPECT_EQ(refusal({{"x", 0.5}}, choice), "x = 0.5, expected a whole number from 0 to 3");
  EXPECT_EQ(refusal({}, positive), "hyperparameter 'x' is missing from the tuning point");
  EXPECT_EQ(refusal({{"x", 0}}, non_negative), "");
}

TEST(HyperparameterReader, RefusesNamesThatNobodyAskedFor) {
  EXPECT_EQ(refusal({{"learning_rate", 1}, {"beta3", 0.5}},
                    [](HyperparameterReader& r) {
                      r.positive("learning_rate");
                      r.fraction("beta1", 0.9);
                      r.finish();
                    }),
            "unknown hyperparameter 'beta3'; this submission has beta1, learning_rate");
}

TEST(HyperparameterReader, UnderstandsOtherSpellings) {
  const Hyperparameters point({{"lr", 0.5}, {"eps", 1e-6}, {"one_minus_beta1", 0.25}});
  HyperparameterReader read(point);
  EXPECT_EQ(read.positive("learning_rate"), 0.5);
  EXPECT_EQ(read.positive("epsilon", 1e-8), 1e-6);
  EXPECT_EQ(read.fraction("beta1", 0.9), 0.75);
  EXPECT_EQ(read.fraction("beta2", 0.9), 0.9);
  EXPECT_EQ(read.optional_fraction("dropout_rate"), std::nullopt);
  EXPECT_NO_THROW(read.finish());
}

TEST(HyperparameterReader, RefusesTwoSpellingsOfOneValue) {
  EXPECT_EQ(refusal({{"beta1", 0.9}, {"one_minus_beta1", 0.1}},
                    [](HyperparameterReader& r) {
                      r.fraction("beta1");
                      r.finish();
                    }),
            "unknown hyperparameter 'one_minus_beta1'; this submission has beta1");
}

TEST(HyperparameterReader, SaysThatASubmissionTunesItself) {
  EXPECT_EQ(refusal({{"lr", 1}}, [](HyperparameterReader& r) { r.finish(); }),
            "unknown hyperparameter 'lr'; this submission has none: it tunes itself");
}

TEST(HyperparameterReader, ReadsWhatMayBeAbsent) {
  const Hyperparameters point({{"clip", 2}});
  HyperparameterReader read(point);
  EXPECT_EQ(read.optional_positive("clip"), 2);
  EXPECT_EQ(read.optional_positive("other"), std::nullopt);
  EXPECT_EQ(refusal({{"clip", 0}}, [](HyperparameterReader& r) { r.optional_positive("clip"); }),
            "clip = 0, expected a finite value above 0");
}

LearningRateSchedule schedule(const std::map<std::string, double>& values, std::int64_t hint,
                              DefaultDecay otherwise = DefaultDecay::cosine) {
  const Hyperparameters point(values);
  HyperparameterReader read(point);
  WorkloadInfo workload;
  workload.step_hint = hint;
  return read_schedule(read, workload, otherwise);
}

TEST(LearningRateSchedule, IsConstantUnlessAskedFor) {
  const auto constant = schedule({}, 0);
  for (const std::int64_t step : {0, 1, 1000000}) EXPECT_EQ(constant.factor(step), 1);
}

TEST(LearningRateSchedule, WarmsUpAndDecaysOverTheHint) {
  const auto rate = schedule({{"warmup_factor", 0.1}, {"end_factor", 0.2}}, 100);
  EXPECT_DOUBLE_EQ(rate.factor(0), 1.0 / 11);
  EXPECT_DOUBLE_EQ(rate.factor(9), 10.0 / 11);
  EXPECT_DOUBLE_EQ(rate.factor(10), 1);
  EXPECT_DOUBLE_EQ(rate.factor(55), 0.6);  // half way: the middle of 1 and 0.2
  EXPECT_DOUBLE_EQ(rate.factor(100), 0.2);
  EXPECT_DOUBLE_EQ(rate.factor(100000), 0.2);
}

TEST(LearningRateSchedule, HorizonIsAFractionOfTheHint) {
  const auto rate = schedule({{"decay_steps_factor", 0.5}}, 100);
  EXPECT_DOUBLE_EQ(rate.factor(0), 1);
  EXPECT_DOUBLE_EQ(rate.factor(25), 0.5);
  EXPECT_EQ(rate.factor(50), 0);
}

/// AlgoPerf's create_lr_schedule_fn for 1,000 steps, warm-up 0.05, decay over 0.9 of the rest: from
/// step 50 on 1 - (1 - end) (step - 50) / 855, at step 905 the end.
TEST(LearningRateSchedule, FallsLinearlyAsAlgoPerfsMomentumDoes) {
  const std::map<std::string, double> point{
      {"warmup_factor", 0.05}, {"decay_steps_factor", 0.9}, {"end_factor", 0.01}};
  const auto rate = schedule(point, 1000, DefaultDecay::by_factors);
  EXPECT_DOUBLE_EQ(rate.factor(49), 50.0 / 51);
  EXPECT_DOUBLE_EQ(rate.factor(50), 1);
  EXPECT_NEAR(rate.factor(221), 1 - 0.99 * 171 / 855, 1e-12);
  EXPECT_NEAR(rate.factor(904), 0.01 + 0.99 / 855, 1e-12);
  EXPECT_DOUBLE_EQ(rate.factor(905), 0.01);
  EXPECT_DOUBLE_EQ(rate.factor(100000), 0.01);
}

TEST(LearningRateSchedule, TakesTheDecayOfThePointFirst) {
  const auto middle = [](const std::map<std::string, double>& point, DefaultDecay otherwise) {
    return schedule(point, 100, otherwise).factor(25);
  };
  const double cosine = 0.5 * (1 + std::sqrt(0.5));
  EXPECT_DOUBLE_EQ(middle({{"warmup_factor", 0}}, DefaultDecay::by_factors), cosine);
  EXPECT_DOUBLE_EQ(middle({{"decay_steps_factor", 1}}, DefaultDecay::by_factors), 0.75);
  EXPECT_DOUBLE_EQ(middle({{"decay_steps_factor", 1}}, DefaultDecay::cosine), cosine);
  EXPECT_DOUBLE_EQ(
      middle({{"decay_steps_factor", 1}, {"linear_decay", 0}}, DefaultDecay::by_factors), cosine);
  EXPECT_DOUBLE_EQ(middle({{"warmup_factor", 0}, {"linear_decay", 1}}, DefaultDecay::cosine), 0.75);
}

/// From the formula by hand: peak / sqrt(1 + (step - 10) / 30), and the last 20 of 100 steps in a
/// line to 0 on top.
TEST(LearningRateSchedule, FallsByTheReciprocalRootAndCoolsDown) {
  const std::map<std::string, double> point{
      {"warmup_factor", 0.1}, {"rsqrt_timescale", 30}, {"cooldown_factor", 0.2}};
  const auto rate = schedule(point, 100);
  EXPECT_DOUBLE_EQ(rate.factor(0), 1.0 / 11);
  EXPECT_DOUBLE_EQ(rate.factor(10), 1);
  EXPECT_DOUBLE_EQ(rate.factor(40), std::sqrt(0.5));
  EXPECT_DOUBLE_EQ(rate.factor(80), std::sqrt(0.3));
  EXPECT_DOUBLE_EQ(rate.factor(90), 0.5 / std::sqrt(1 + 80.0 / 30));
  EXPECT_EQ(rate.factor(100), 0);
  EXPECT_EQ(rate.factor(1000), 0);
  const auto endless = schedule({{"rsqrt_timescale", 30}}, 100);
  EXPECT_DOUBLE_EQ(endless.factor(0), 1);
  EXPECT_DOUBLE_EQ(endless.factor(240), 1.0 / 3);
}

TEST(LearningRateSchedule, HasOneKindOfFall) {
  const std::map<std::string, double> mixtures[] = {
      {{"rsqrt_timescale", 30}, {"end_factor", 0.1}},
      {{"rsqrt_timescale", 30}, {"linear_decay", 1}},
      {{"warmup_factor", 0.1}, {"cooldown_factor", 0.1}}};
  for (const auto& point : mixtures) EXPECT_THROW(schedule(point, 100), std::invalid_argument);
}

TEST(LearningRateSchedule, NeedsAStepHint) {
  EXPECT_THROW(schedule({{"warmup_factor", 0.1}}, 0), std::invalid_argument);
}

}  // namespace
}  // namespace timetrial
