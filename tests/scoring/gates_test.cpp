#include "scoring/gates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace timetrial::scoring {
namespace {

constexpr double kInf = INFINITY;
const double kNone = std::nan("");

Field field_of(std::size_t submissions, std::vector<int> base_of) {
  Field field;
  field.base_of = std::move(base_of);
  field.competes.assign(submissions, 1);
  field.is_reference.assign(submissions, 1);
  return field;
}

/// Columns: base, variant of it.
const std::vector<int> kBaseAndVariant{Field::kScored, 0};

TEST(Gates, SayWhichRuleExcludedATime) {
  struct Case {
    const char* what;
    double base, variant;  // of the first submission; the second has 10 and 10
    double base_after, variant_after;
    Exclusion base_why, variant_why;
  };
  const Case cases[] = {
      {"both count", 20, 20, 20, 20, Exclusion::none, Exclusion::none},
      {"exactly at the cap", 40, 40, 40, 40, Exclusion::none, Exclusion::none},
      {"base missed", kInf, 20, kInf, kInf, Exclusion::target_missed, Exclusion::base_missed},
      {"base absent", kNone, 20, kInf, kInf, Exclusion::no_data, Exclusion::base_missed},
      {"base beyond the cap", 41, 20, kInf, 20, Exclusion::beyond_cap, Exclusion::none},
      {"variant beyond the cap", 20, 41, kInf, kInf, Exclusion::variant_beyond_cap,
       Exclusion::beyond_cap},
      {"variant missed", 20, kInf, kInf, kInf, Exclusion::variant_missed, Exclusion::target_missed},
      {"variant absent", 20, kNone, kInf, kNone, Exclusion::variant_no_data, Exclusion::no_data},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    std::vector<double> times{c.base, c.variant, 10, 10};
    std::vector<Exclusion> why;
    apply_gates(field_of(2, kBaseAndVariant), times, &why);
    EXPECT_EQ(times[0], c.base_after);
    if (std::isnan(c.variant_after)) {
      EXPECT_TRUE(std::isnan(times[1]) || times[1] == kInf);
    } else {
      EXPECT_EQ(times[1], c.variant_after);
    }
    EXPECT_EQ(why[0], c.base_why);
    EXPECT_EQ(why[1], c.variant_why);
    EXPECT_EQ(times[2], 10);
    // Without the reasons the times are the same.
    std::vector<double> again{c.base, c.variant, 10, 10};
    apply_gates(field_of(2, kBaseAndVariant), again, nullptr);
    EXPECT_EQ(again[0], times[0]);
  }
}

TEST(Gates, RatioIsToTheBestThatIsLeft) {
  // The first is fastest, and loses its time to its variant.
  std::vector<double> times{10, kInf, 20, 5, 30, 5};
  const auto field = field_of(3, kBaseAndVariant);
  apply_gates(field, times, nullptr);
  EXPECT_THAT(ratios_to_best(field, times), testing::ElementsAre(kInf, 1, 1.5));
}

TEST(Gates, ColumnsThatNobodyReachesAreInfiniteForAll) {
  const auto field = field_of(2, {Field::kScored, Field::kScored});
  EXPECT_THAT(ratios_to_best(field, {kInf, 4, kNone, 8}), testing::ElementsAre(kInf, 1, kInf, 2));
}

TEST(Gates, TimeZeroIsTheBest) {
  const auto field = field_of(2, {Field::kScored});
  EXPECT_THAT(ratios_to_best(field, {0, 5}), testing::ElementsAre(1, kInf));
}

TEST(Gates, OnlyTheReferenceSetAndCompetitorsSetTheBest) {
  auto field = field_of(3, {Field::kScored});
  field.is_reference = {0, 1, 1};
  EXPECT_THAT(ratios_to_best(field, {5, 10, 20}), testing::ElementsAre(0.5, 1, 2));
  field.competes[1] = 0;
  EXPECT_THAT(ratios_to_best(field, {5, 10, 20}), testing::ElementsAre(0.25, 0.5, 1));
  field.fixed_reference = true;
  EXPECT_THAT(ratios_to_best(field, {5, 10, 20}), testing::ElementsAre(0.5, 1, 2));
}

TEST(Gates, OnlyWhoSetsABestAloneChangesOthers) {
  std::mt19937_64 random(5);
  std::uniform_int_distribution<int> time(1, 12);  // few values: bests are often shared
  int setters = 0, others = 0;
  for (int round = 0; round < 300; ++round) {
    auto field = field_of(4, {Field::kScored, Field::kScored, 0, 1});
    std::vector<double> times;
    for (std::size_t i = 0; i < 4 * field.columns(); ++i) {
      const int drawn = time(random);
      times.push_back(drawn == 12 ? kInf : drawn == 11 ? kNone : drawn);
    }
    const auto ratios_without = [&](std::size_t left_out) {
      field.competes.assign(4, 1);
      if (left_out < 4) field.competes[left_out] = 0;
      auto gated = times;
      apply_gates(field, gated, nullptr);
      return ratios_to_best(field, gated);
    };
    const auto all = ratios_without(4);
    field.competes.assign(4, 1);
    const auto sets = sets_a_best_alone(field, times);
    for (std::size_t out = 0; out < 4; ++out) {
      const auto without = ratios_without(out);
      bool same = true;
      for (std::size_t i = 0; i < all.size(); ++i) same &= i / 2 == out || all[i] == without[i];
      EXPECT_TRUE(same || sets[out]) << "round " << round << ", without " << out;
      ++(sets[out] ? setters : others);
    }
  }
  EXPECT_GT(setters, 100);
  EXPECT_GT(others, 100);
}

TEST(Gates, NobodySetsABestWhereTheReferenceIsFixed) {
  auto field = field_of(2, {Field::kScored});
  field.fixed_reference = true;
  EXPECT_EQ(sets_a_best_alone(field, {1, 2}), (std::vector<char>{0, 0}));
}

}  // namespace
}  // namespace timetrial::scoring
