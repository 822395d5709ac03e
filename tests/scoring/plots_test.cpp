#include "scoring/plots.h"

#include "scoring/plot_frame.h"
#include "tests/support/example_results.h"
#include "tests/support/xml_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace timetrial::scoring {
namespace {

using test::XmlElement;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Report report_of(const Results& results, Detail detail = Detail::trials) {
  return make_report(results, score(results, {.resamples = 200}), 0, detail);
}

const Report& large_report() {
  static const Report report = report_of(test::example_results(test::kLargeExample));
  return report;
}

bool is(const XmlElement& element, const std::string& kind) {
  const auto found = element.attributes.find("class");
  return found != element.attributes.end() &&
         (" " + found->second + " ").find(" " + kind + " ") != std::string::npos;
}

std::vector<const XmlElement*> of_kind(const XmlElement& root, const std::string& tag,
                                       const std::string& kind) {
  auto list = root.all(tag);
  std::erase_if(list, [&](const XmlElement* e) { return !is(*e, kind); });
  return list;
}

double number(const XmlElement& element, const std::string& name) {
  return std::stod(element.attributes.at(name));
}

TEST(Plots, AreFilesThatNeedNothingBesideThem) {
  const auto files = plots(large_report());
  EXPECT_EQ(files.size(), 3 + 3 * large_report().workloads.size());
  for (const auto& [name, svg] : files) {
    SCOPED_TRACE(name);
    const auto root = test::read_xml(svg);  // throws where it is not well-formed
    EXPECT_EQ(root.name, "svg");
    EXPECT_EQ(root.attributes.at("xmlns"), "http://www.w3.org/2000/svg");
    ASSERT_GE(root.children.size(), 3u);
    EXPECT_FALSE(root.children[0].text.empty());  // title
    EXPECT_FALSE(root.children[1].text.empty());  // description
    EXPECT_THAT(svg, HasSubstr("#0072b2"));       // the first colour of the light theme
    EXPECT_THAT(svg, Not(HasSubstr("var(")));
    EXPECT_THAT(svg, Not(HasSubstr("nan")));
    EXPECT_THAT(svg, Not(HasSubstr("inf")));
  }
}

TEST(Plots, KeepAllTextInsideTheirFrame) {
  for (const auto& [name, svg] : plots(large_report())) {
    SCOPED_TRACE(name);
    const auto root = test::read_xml(svg);
    const double width = number(root, "width"), height = number(root, "height");
    for (const auto* text : root.all("text")) {
      if (!text->attributes.contains("x")) continue;  // turned names of the heat map
      SCOPED_TRACE(text->text);
      const double wide = 0.9 * text_width(text->text), x = number(*text, "x");
      const auto anchor = text->attributes.find("text-anchor");
      const bool at_end = anchor != text->attributes.end() && anchor->second == "end";
      const bool at_start = anchor == text->attributes.end();
      EXPECT_GE(x - (at_end ? wide : 0), 0);
      EXPECT_LE(x + (at_start ? wide : 0), width);
      EXPECT_LE(number(*text, "y"), height);
    }
  }
}

TEST(ProfilePlot, JumpsWhereTheProfileDoes) {
  // s0 is the best on one workload, twice the best on the other; s1 likewise; s2 reaches nothing.
  const auto report = report_of(test::results_of_times({{10, 40}, {20, 20}, {INFINITY, INFINITY}}));
  const auto root = test::read_xml(profile_plot(report, {}));
  std::vector<std::string> says;
  for (const auto* dot : of_kind(root, "circle", "dot")) says.push_back(dot->children[0].text);
  std::sort(says.begin(), says.end());
  EXPECT_THAT(
      says,
      ElementsAre("s0: 100 % of the workloads within 2×", "s0: 50 % of the workloads within 1×",
                  "s1: 100 % of the workloads within 2×", "s1: 50 % of the workloads within 1×"));
  EXPECT_EQ(of_kind(root, "path", "line").size(), 3u);
}

TEST(ProfilePlot, NamesDoNotOverlap) {
  const auto root = test::read_xml(profile_plot(large_report(), {}));
  std::vector<double> heights;
  for (const auto* label : of_kind(root, "text", "label")) heights.push_back(number(*label, "y"));
  ASSERT_EQ(heights.size(), 11u);
  std::sort(heights.begin(), heights.end());
  for (std::size_t i = 1; i < heights.size(); ++i) EXPECT_GE(heights[i] - heights[i - 1], 13.9);
}

TEST(TimesPlot, DrawsEveryStudyAndSaysWhatMissed) {
  auto results = test::results_of_times({{10}, {INFINITY}, {30}});
  results.cells[2].studies.clear();
  const auto root = test::read_xml(times_plot(report_of(results), 0, {}));
  EXPECT_EQ(of_kind(root, "circle", "dot").size(), 1u);
  EXPECT_EQ(of_kind(root, "line", "median").size(), 1u);
  std::vector<std::string> words;
  for (const auto* word : of_kind(root, "text", "word")) words.push_back(word->text);
  EXPECT_THAT(words, ElementsAre("missed", "not run"));
}

TEST(TimesPlot, PlacesDotsByTime) {
  const auto report = report_of(test::results_of_times({{10}, {20}, {40}}));
  const auto root = test::read_xml(times_plot(report, 0, {}));
  const auto dots = of_kind(root, "circle", "dot");
  ASSERT_EQ(dots.size(), 3u);
  const double a = number(*dots[0], "cx"), b = number(*dots[1], "cx"), c = number(*dots[2], "cx");
  EXPECT_NEAR((c - a) / (b - a), 3, 0.02);
}

TEST(HeatMap, ShowsRatiosAndWhyThereIsNone) {
  // s1 is beyond the cap of 4 on the second workload, s2 never there.
  const auto report = report_of(test::results_of_times({{10, 10}, {15, 50}, {12, INFINITY}}));
  const auto root = test::read_xml(heat_map(report, {}));
  std::vector<std::string> values;
  for (const auto* text : of_kind(root, "text", "value")) values.push_back(text->text);
  EXPECT_THAT(values, ElementsAre("1.00", "1.00", "1.20", "missed", "1.50", "too slow"));
  std::vector<double> strength;
  for (const auto* cell : of_kind(root, "rect", "cell")) {
    strength.push_back(number(*cell, "fill-opacity"));
  }
  ASSERT_EQ(strength.size(), 4u);
  EXPECT_GT(strength[0], strength[2]);  // 1.00 and 1.20
  EXPECT_GT(strength[2], strength[3]);  // … and 1.50
}

TEST(HeatMap, LeavesOutHeldOutVariants) {
  const auto root = test::read_xml(heat_map(large_report(), {}));
  EXPECT_EQ(of_kind(root, "text", "head").size(), 8u);
  EXPECT_EQ(of_kind(root, "text", "value").size(), 8u * 11);
}

TEST(IntervalPlot, DrawsIntervalsWhereThereAre) {
  const auto with = test::read_xml(interval_plot(large_report(), {}));
  EXPECT_EQ(of_kind(with, "path", "whisker").size(), 11u);
  const auto without =
      test::read_xml(interval_plot(report_of(test::results_of_times({{10}, {20}})), {}));
  EXPECT_EQ(of_kind(without, "path", "whisker").size(), 0u);
  EXPECT_EQ(of_kind(without, "circle", "dot").size(), 2u);
}

TEST(CurvePlot, DrawsRunsByTimeAndBySteps) {
  const auto report = report_of(test::example_results());
  for (const auto axis : {CurveAxis::time, CurveAxis::step}) {
    const auto root = test::read_xml(curve_plot(report, 0, axis, {}));
    EXPECT_EQ(of_kind(root, "path", "line").size(), 8u);  // 4 submissions, 2 trials
    EXPECT_EQ(of_kind(root, "circle", "ring").size(), 4u);
    EXPECT_EQ(of_kind(root, "path", "cross").size(), 1u);  // the diverged trial
    EXPECT_EQ(of_kind(root, "line", "target").size(), 1u);
    const auto text = curve_plot(report, 0, axis, {});
    EXPECT_THAT(text,
                HasSubstr(axis == CurveAxis::time ? ">submission time, seconds<" : ">steps<"));
  }
}

TEST(CurvePlot, IsDrawnWhereNothingIsFinite) {
  auto results = test::results_of_times({{10}});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  results.cells[0].studies[0].trials[0].curve = {{1, 1, nan}, {2, 2, nan}};
  EXPECT_NO_THROW(test::read_xml(curve_plot(report_of(results), 0, CurveAxis::time, {})));
  results.cells.clear();
  EXPECT_NO_THROW(test::read_xml(curve_plot(report_of(results), 0, CurveAxis::time, {})));
}

TEST(TypicalStudy, IsTheOneOfTheMedian) {
  CellTime cell;
  const auto add = [&](double time) {
    StudyTime study{.study = static_cast<int>(cell.studies.size()), .best = {.time_s = time}};
    study.trial = std::isfinite(time) ? 0 : -1;
    cell.studies.push_back(study);
  };
  EXPECT_EQ(typical_study(cell), -1);
  add(INFINITY);
  EXPECT_EQ(typical_study(cell), -1);
  add(30);
  EXPECT_EQ(typical_study(cell), 1);
  add(10);
  EXPECT_EQ(typical_study(cell), 1);  // of 10, 30, never
}

TEST(Thinned, KeepsEndsPeaksAndTheHit) {
  LearningCurve curve;
  for (int i = 0; i < 5000; ++i) {
    curve.points.push_back({static_cast<double>(i), i, i == 1234 ? 50.0 : 0.001 * i, i});
  }
  curve.target = {.time_s = 4321, .last_miss_s = 4320, .step = 4321, .row = 4321};
  const auto points = thinned({curve}, 100)[0].points;
  EXPECT_LE(points.size(), 100u);
  EXPECT_GE(points.size(), 98u);
  EXPECT_EQ(points.front().step, 0);
  EXPECT_EQ(points.back().step, 4999);
  const auto has = [&](std::int64_t step) {
    return std::any_of(points.begin(), points.end(),
                       [&](const CurvePoint& p) { return p.step == step; });
  };
  EXPECT_TRUE(has(1234));
  EXPECT_TRUE(has(4321));
  EXPECT_EQ(thinned({curve}, 5000)[0].points.size(), 5000u);
  curve.points[7].value = std::nan("");
  EXPECT_LE(thinned({curve}, 100)[0].points.size(), 100u);
}

TEST(RoundTicks, AreRoundAndInside) {
  EXPECT_THAT(round_ticks(0, 1, 5), ElementsAre(0, 0.2, 0.4, testing::DoubleEq(0.6), 0.8, 1));
  EXPECT_THAT(round_ticks(3, 92, 4), ElementsAre(25, 50, 75));
}

TEST(Fitted, CutsAtACharacter) {
  EXPECT_EQ(fitted("adamw", 100), "adamw");
  EXPECT_EQ(fitted("××××××", 30), "×××…");
}

}  // namespace
}  // namespace timetrial::scoring
