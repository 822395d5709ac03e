#include "harness/tuning/search_space.h"

#include "harness/trial/error.h"
#include "harness/trial/sha256.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace timetrial::tuning {
namespace {

using ::testing::HasSubstr;

constexpr char kRanges[] = R"({
  "learning_rate": {"min": 1e-4, "max": 1e-2, "scaling": "log"},
  "beta1": {"min": 0.8, "max": 1.0, "scaling": "linear"},
  "nesterov": {"feasible_points": [true, false]},
  "warmup": {"feasible_points": [0.02, 0.05, 0.1]}
})";
constexpr char kList[] = R"([{"lr": 1, "b": 0.9}, {"b": 0.8, "lr": 2}, {"lr": 3, "b": 0.7},
  {"lr": 4, "b": true}, {"lr": 5, "b": 0.5}])";

template <typename Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(SearchSpace, ReadsBothForms) {
  const auto ranges = parse(kRanges, "s.json");
  EXPECT_FALSE(ranges.is_list());
  EXPECT_EQ(ranges.hash, sha256_hex(kRanges));
  EXPECT_TRUE(std::get<Range>(ranges.dimensions.at("learning_rate")).log);
  EXPECT_EQ(std::get<Range>(ranges.dimensions.at("beta1")).min, 0.8);
  EXPECT_EQ(std::get<Choices>(ranges.dimensions.at("nesterov")).values,
            (std::vector<double>{1, 0}));
  const auto list = parse(kList, "s.json");
  EXPECT_TRUE(list.is_list());
  EXPECT_EQ(list.points[1], (Point{{"lr", 2}, {"b", 0.8}}));
  EXPECT_EQ(list.points[3].at("b"), 1);
}

TEST(SearchSpace, BadSpacesAreRefusedWithFileAndKey) {
  struct Case {
    const char* text;
    const char* message;
  };
  const std::vector<Case> cases{
      {"{\n\"lr\": 1,}", "s.json:2:9: no valid JSON"},
      {"3", "s.json: expected an object of ranges or a list of points"},
      {"[]", "s.json: the list has no point"},
      {"[3]", "s.json: point 0 is not an object"},
      {"[{}]", "s.json: point 0 is not an object"},
      {R"([{"lr": 1}, {"rl": 1}])", "s.json: point 1 has other hyperparameters than point 0"},
      {R"([{"lr": 1}, {"lr": 1, "b": 2}])", "s.json: point 1 has other hyperparameters"},
      {R"([{"lr": "1"}])", "s.json: point 0: 'lr' is \"1\"; use a number, true or false"},
      {R"({"lr": 0.1})",
       "s.json: 'lr' is 0.1; for a fixed value write {\"feasible_points\": [0.1]}"},
      {R"({"lr": {"max": 1, "scaling": "log"}})", "s.json: 'lr': 'min' is missing"},
      {R"({"lr": {"min": 1, "max": 2}})", "s.json: 'lr': 'scaling' is missing"},
      {R"({"lr": {"min": 1, "max": 2, "scaling": "ln"}})",
       "s.json: 'lr': 'scaling' is \"ln\"; use \"linear\" or \"log\""},
      {R"({"lr": {"min": 2, "max": 1, "scaling": "log"}})", "'lr': min 2 exceeds max 1; swap them"},
      {R"({"lr": {"min": 0, "max": 1, "scaling": "log"}})",
       "'lr': min 0 cannot be scaled by its logarithm"},
      {R"({"lr": {"min": 1, "max": 2, "scaling": "log", "scale": 1}})",
       "'lr': unknown key 'scale'; did you mean"},
      {R"({"lr": {"min": null, "max": 2, "scaling": "log"}})", "'lr': 'min' is null; use a number"},
      {R"({"lr": {"feasible_points": []}})",
       "'lr': 'feasible_points' is not a list of at least one"},
      {R"({"lr": {"feasible_points": ["a"]}})", "'lr': a feasible point is \"a\"; use a number"},
      {R"({"lr": {"feasible_points": [1], "min": 1}})", "'lr': unknown key 'min'"},
      {R"({"lr": {"feasible_points": [1]}, "lr": {"feasible_points": [2]}})", "names 'lr' twice"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.text);
    EXPECT_THAT(message_of([&] { parse(test.text, "s.json"); }), HasSubstr(test.message));
  }
  EXPECT_THAT(message_of([] { read("/no/such.json"); }),
              HasSubstr("/no/such.json: cannot be read"));
}

TEST(Draw, FirstPointsDoNotDependOnHowManyFollow) {
  for (const char* text : {kRanges, kList}) {
    const auto space = parse(text, "s.json");
    const auto all = draw(space, "adamw", 2, 5);
    for (int k = 0; k <= 5; ++k) {
      SCOPED_TRACE(k);
      EXPECT_EQ(draw(space, "adamw", 2, k), std::vector<Point>(all.begin(), all.begin() + k));
    }
  }
}

// Computed by an independent implementation (Python) of Philox, the seeds and the scrambling.
TEST(Draw, PointsAreTheRecordedOnes) {
  struct Case {
    int study;
    double learning_rate, beta1, nesterov, warmup;
  };
  const std::vector<Case> cases{
      {0, 0.0001644282694239744, 0.9388555932307535, 1, 0.05},
      {0, 0.0007632084192885925, 0.8388555932307535, 0, 0.1},
      {0, 0.0035424996766891923, 0.9888555932307536, 0, 0.1},
      {0, 0.0004575314270743259, 0.8888555932307536, 1, 0.05},
      {1, 0.009606161690950289, 0.9007950195690043, 0, 0.05},
      {1, 0.00044587852838593687, 0.8007950195690043, 1, 0.05},
      {1, 0.0020695847985038643, 0.9507950195690044, 1, 0.02},
      {1, 0.005758742639741862, 0.8507950195690044, 0, 0.1},
  };
  const auto space = parse(kRanges, "s.json");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    SCOPED_TRACE(i);
    const auto point = draw(space, "adamw", cases[i].study, 4).at(i % 4);
    EXPECT_NEAR(point.at("learning_rate"), cases[i].learning_rate, 1e-15);
    EXPECT_NEAR(point.at("beta1"), cases[i].beta1, 1e-15);
    EXPECT_EQ(point.at("nesterov"), cases[i].nesterov);
    EXPECT_EQ(point.at("warmup"), cases[i].warmup);
  }
  std::vector<double> order;
  for (const auto& point : draw(parse(kList, "s.json"), "adamw", 0, 5))
    order.push_back(point.at("lr"));
  EXPECT_EQ(order, (std::vector<double>{4, 2, 3, 5, 1}));
}

TEST(Draw, StudiesAndSubmissionsGetOtherPoints) {
  for (const char* text : {kRanges, kList}) {
    const auto space = parse(text, "s.json");
    const auto points = draw(space, "adamw", 0, 4);
    EXPECT_NE(points, draw(space, "adamw", 1, 4));
    EXPECT_NE(points, draw(space, "lion", 0, 4));
  }
}

TEST(Draw, EveryPointIsOfItsSpace) {
  for (const char* text : {kRanges, kList}) {
    const auto space = parse(text, "s.json");
    const int trials = space.is_list() ? 5 : 500;
    for (const auto& point : draw(space, "adamw", 3, trials)) EXPECT_NO_THROW(check(point, space));
  }
}

TEST(Draw, LogScalingSpreadsOverTheDecades) {
  const auto space = parse(R"({"lr": {"min": 1e-4, "max": 1e-2, "scaling": "log"}})", "s.json");
  const auto points = draw(space, "adamw", 0, 64);
  const auto below = std::count_if(points.begin(), points.end(),
                                   [](const Point& point) { return point.at("lr") < 1e-3; });
  EXPECT_EQ(below, 32);  // base 2 puts exactly half into each half
}

TEST(Draw, ChoicesAreTakenEquallyOften) {
  const auto space = parse(R"({"n": {"feasible_points": [1, 2, 4, 8]}})", "s.json");
  std::map<double, int> counts;
  for (const auto& point : draw(space, "adamw", 0, 64)) ++counts[point.at("n")];
  for (const double choice : {1.0, 2.0, 4.0, 8.0}) EXPECT_EQ(counts[choice], 16);
}

TEST(Draw, AListIsSampledWithoutReplacement) {
  const auto space = parse(kList, "s.json");
  std::set<double> seen;
  for (const auto& point : draw(space, "adamw", 0, 5)) seen.insert(point.at("lr"));
  EXPECT_EQ(seen.size(), 5U);
  EXPECT_THAT(message_of([&] { draw(space, "adamw", 0, 6); }),
              HasSubstr("the search space lists 5 points, fewer than 6 trials"));
}

TEST(Draw, AFixedValueAndAnEmptySpaceAreAllowed) {
  const auto fixed = parse(R"({"lr": {"min": 3, "max": 3, "scaling": "log"}})", "s.json");
  EXPECT_EQ(draw(fixed, "x", 0, 1).front().at("lr"), 3);
  EXPECT_TRUE(draw(parse("{}", "s.json"), "x", 0, 2).at(1).empty());
}

TEST(Check, NamesWhatDoesNotFit) {
  const auto ranges = parse(R"({"lr": {"min": 1, "max": 2, "scaling": "linear"},
                               "n": {"feasible_points": [1, 2]}})",
                            "s.json");
  const auto list = parse(kList, "s.json");
  EXPECT_THAT(message_of([&] {
                check({{"lr", 3}, {"n", 1}}, ranges);
              }),
              HasSubstr("hyperparameter lr = 3 is outside the search space; use 1 to 2"));
  EXPECT_THAT(message_of([&] {
                check({{"lr", std::nan("")}, {"n", 1}}, ranges);
              }),
              HasSubstr("hyperparameter lr = nan"));
  EXPECT_THAT(message_of([&] {
                check({{"lr", 1}, {"n", 3}}, ranges);
              }),
              HasSubstr("hyperparameter n = 3 is outside the search space; use one of 1, 2"));
  EXPECT_THAT(message_of([&] {
                check({{"lr", 1}}, ranges);
              }),
              HasSubstr("hyperparameter 'n' is missing"));
  EXPECT_THAT(message_of([&] {
                check({{"lr", 1}, {"n", 1}, {"rl", 1}}, ranges);
              }),
              HasSubstr("unknown hyperparameter 'rl'; did you mean lr"));
  EXPECT_THAT(message_of([&] {
                check({{"lr", 1}, {"b", 0.1}}, list);
              }),
              HasSubstr("the point (b = 0.1, lr = 1) is not in the search space's list"));
}

}  // namespace
}  // namespace timetrial::tuning
