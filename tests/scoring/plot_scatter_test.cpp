#include "scoring/plot_scatter.h"

#include "tests/support/xml_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace timetrial::scoring {
namespace {

using testing::HasSubstr;

Scatter example() {
  return {.title = "Losses & rates",
          .description = "Two methods.",
          .x = {"rate", true},
          .y = {"loss", true},
          .series = {{.name = "a<b",
                      .points = {{1e-3, 10, 0, 1, "slow"}, {1e-2, 1, 0, 0, "right"}, {1e-1, 100}},
                      .line = true},
                     {.name = "other", .points = {{1e-2, 3}}}},
          .marks = {{.horizontal = true, .at = 2, .label = "threshold"}}};
}

std::vector<const test::XmlElement*> dots(const test::XmlElement& root) {
  auto circles = root.all("circle");
  std::erase_if(circles, [](const test::XmlElement* e) { return e->attributes.at("r") != "4"; });
  return circles;
}

TEST(ScatterPlot, DrawsEveryPointAndNamesEverySeries) {
  const auto svg = scatter_plot(example());
  const auto root = test::read_xml(svg);
  EXPECT_EQ(dots(root).size(), 4U + 2U) << "and two in the legend";
  EXPECT_THAT(svg, HasSubstr("a&lt;b"));
  EXPECT_THAT(svg, HasSubstr("threshold"));
  EXPECT_EQ(scatter_plot(example()), svg);
}

TEST(ScatterPlot, LogarithmicAxesPlaceDecadesEvenly) {
  const auto root = test::read_xml(scatter_plot(example()));
  const auto all = dots(root);
  const auto x = [&](int i) { return std::stod(all.at(i)->attributes.at("cx")); };
  const auto y = [&](int i) { return std::stod(all.at(i)->attributes.at("cy")); };
  EXPECT_NEAR(x(1) - x(0), x(2) - x(1), 0.2);
  EXPECT_NEAR(y(1) - y(0), y(0) - y(2), 0.2) << "100, 10, 1: upwards";
}

TEST(ScatterPlot, SaysWhatItCannotDraw) {
  auto scatter = example();
  scatter.series[1].points = {{1e-2, 0},
                              {1e-2, std::numeric_limits<double>::quiet_NaN()},
                              {1e-2, std::numeric_limits<double>::infinity()}};
  const auto svg = scatter_plot(scatter);
  test::read_xml(svg);
  EXPECT_THAT(svg, HasSubstr("3 points cannot be drawn."));
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
}

TEST(ScatterPlot, DrawsWhiskersInsideTheFrame) {
  Scatter scatter{.title = "t",
                  .description = "d",
                  .x = {"x", false},
                  .y = {"y", false},
                  .series = {{.name = "one", .points = {{1, 1, 0, 0.5}, {2, 2}}}}};
  const auto measured = [&] {
    const auto root = test::read_xml(scatter_plot(scatter));
    const auto all = dots(root);
    double y1 = 0, y2 = 0, bottom = 0;
    for (const auto* line : root.all("line")) {
      const auto number = [&](const char* name) { return std::stod(line->attributes.at(name)); };
      const auto& kind = line->attributes.at("class");
      if (kind == "leader") y1 = number("y1"), y2 = number("y2");
      if (kind == "axis") bottom = std::max(bottom, number("y1"));
    }
    const auto y = [&](int i) { return std::stod(all.at(i)->attributes.at("cy")); };
    return std::array{y1 - y2, y(0) - y(1), bottom - y1};
  };
  const auto [whisker, unit, below] = measured();
  EXPECT_NEAR(whisker, unit, 0.2) << "half a unit up and down: within the range";
  EXPECT_GT(below, 0);
  scatter.series[0].points[0].y_error = 100;
  const auto [cut, unit_of_cut, below_cut] = measured();
  EXPECT_NEAR(cut, 3.3 * unit_of_cut, 1) << "the points have a third of the height, and a margin";
  EXPECT_NEAR(below_cut, 0, 0.2);
}

TEST(ScatterPlot, DrawsOnePointAndNone) {
  Scatter scatter{
      .title = "t", .description = "d", .x = {"x", false}, .y = {"y", false}, .series = {}};
  test::read_xml(scatter_plot(scatter));
  scatter.series = {{.name = "one", .points = {{2, 0}}}};
  EXPECT_EQ(scatter_plot(scatter).find("nan"), std::string::npos);
}

}  // namespace
}  // namespace timetrial::scoring
