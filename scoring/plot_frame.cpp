#include "scoring/plot_frame.h"

#include "scoring/html_page.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace timetrial::scoring {
namespace {

constexpr double kCharacter = 7;  ///< of text 12 high, on a wide average
/// Of a submission's name, which is bold: 7.6 in DejaVu Sans, the widest font that browsers fall
/// back to.
constexpr double kNameCharacter = 8;
constexpr double kLineHeight = 16;
constexpr double kHeading = 20;
constexpr std::size_t kColours = 8;

/// The value of a style's variable in the page's light theme, which comes first.
std::string light_value(std::string_view name) {
  if (name == "--paper") return "#ffffff";  // a paper is white, a page is not quite
  const std::string_view style = kPageStyle;
  const std::size_t at = style.find(std::string(name) + ":") + name.size() + 1;
  const std::size_t first = style.find_first_not_of(' ', at);
  return std::string(style.substr(first, style.find(';', first) - first));
}

/// plot.css with its variables filled in: programs that make PDF of SVG know none.
std::string light_style() {
  std::string result;
  std::string_view rest = kPlotStyle;
  while (true) {
    const std::size_t at = rest.find("var(");
    result += rest.substr(0, at);
    if (at == std::string_view::npos) return result;
    const std::size_t end = rest.find(')', at);
    result += light_value(rest.substr(at + 4, end - at - 4));
    rest.remove_prefix(end + 1);
  }
}

std::string label_of(double value, const Axis& axis) {
  return tick_text((axis.logarithmic ? std::pow(10, value) : value) / axis.unit) + axis.suffix;
}

void x_tick(SvgWriter& svg, const Axis& axis, double value, double x, double line, double text) {
  svg.leaf("line", {{"class", "axis"}, {"x1", x}, {"x2", x}, {"y1", line}, {"y2", line + 4}});
  svg.text({{"x", x}, {"y", text}, {"text-anchor", "middle"}}, label_of(value, axis));
}

struct LegendItem {
  std::size_t submission;
  double x, y;
};

std::vector<LegendItem> legend_items(const Report& report, double width) {
  const double column = 34 + widest_name(report) + 12;
  const auto columns = std::max<std::size_t>(1, static_cast<std::size_t>(width / column));
  std::vector<LegendItem> items;
  for (std::size_t s = 0; s < report.leaderboard.size(); ++s) {
    items.push_back({s, static_cast<double>(s % columns) * column,
                     static_cast<double>(s / columns) * kLineHeight});
  }
  return items;
}

}  // namespace

SvgWriter begin_plot(const PlotPlace& place, double height, const PlotWords& words,
                     SvgWriter::Attributes more) {
  SvgWriter svg;
  if (place.file) svg.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
  const auto size = coordinate(place.width) + " " + coordinate(height);
  const auto title = place.id + "-title", description = place.id + "-desc";
  SvgWriter::Attributes attributes = {{"xmlns", "http://www.w3.org/2000/svg"},
                                      {"class", "plot " + words.kind},
                                      {"id", place.id},
                                      {"viewBox", "0 0 " + size},
                                      {"width", place.width},
                                      {"height", height},
                                      {"role", "img"},
                                      {"aria-labelledby", title},
                                      {"aria-describedby", description}};
  attributes.insert(attributes.end(), more.begin(), more.end());
  svg.open("svg", attributes);
  svg.element("title", {{"id", title}}, words.title);
  svg.element("desc", {{"id", description}}, words.description);
  if (place.file) svg.raw("<style>\n" + light_style() + "</style>\n");
  return svg;
}

std::string end_plot(SvgWriter& svg) {
  svg.close();
  return svg.take();
}

double draw_heading(SvgWriter& svg, const PlotPlace& place, const std::string& name) {
  if (!place.file) return 0;
  svg.text({{"class", "heading"}, {"x", 2.0}, {"y", 13.0}}, fitted(name, place.width));
  return kHeading;
}

Frame draw_frame(SvgWriter& svg, const Box& box, const Axis& x, const Axis& y) {
  const Frame frame{box, {x.from, x.to, box.left, box.right}, {y.from, y.to, box.bottom, box.top}};
  for (const double tick : y.ticks) {
    const double at = frame.y(tick);
    svg.leaf("line",
             {{"class", "grid"}, {"x1", box.left}, {"x2", box.right}, {"y1", at}, {"y2", at}});
    svg.text({{"x", box.left - 7}, {"y", at + 4}, {"text-anchor", "end"}}, label_of(tick, y));
  }
  for (const double tick : x.ticks) {
    x_tick(svg, x, tick, frame.x(tick), box.bottom, box.bottom + 17);
  }
  svg.leaf("line", {{"class", "axis"},
                    {"x1", box.left},
                    {"x2", box.right},
                    {"y1", box.bottom},
                    {"y2", box.bottom}});
  svg.text({{"x", (box.left + box.right) / 2}, {"y", box.bottom + 35}, {"text-anchor", "middle"}},
           x.label);
  return frame;
}

Scale draw_top_axis(SvgWriter& svg, const Box& box, const Axis& x) {
  const Scale scale{x.from, x.to, box.left, box.right};
  svg.text({{"x", box.left}, {"y", box.top - 24}}, x.label);
  for (const double tick : x.ticks) {
    const double at = scale(tick);
    svg.leaf("line",
             {{"class", "grid"}, {"x1", at}, {"x2", at}, {"y1", box.top}, {"y2", box.bottom}});
    svg.text({{"x", at}, {"y", box.top - 7}, {"text-anchor", "middle"}}, label_of(tick, x));
  }
  return scale;
}

std::vector<double> round_ticks(double from, double to, int count) {
  const double raw = (to - from) / count;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  double step = 10 * power;
  for (const double round : {5.0, 2.5, 2.0, 1.0}) {
    if (round * power >= raw) step = round * power;
  }
  std::vector<double> ticks;
  for (double i = std::ceil(from / step - 1e-9); i * step <= to + step * 1e-9; ++i) {
    ticks.push_back(i * step);
  }
  return ticks;
}

std::string tick_text(double value) {
  if (std::abs(value) < 1e-12) return "0";
  return std::abs(value) < 10'000 ? fmt::format("{:.5g}", value)
                                  : fmt::format("{:.5g}k", value / 1000);
}

Axis time_axis(double longest_s, int ticks) {
  Axis axis;
  const bool hours = longest_s > 3 * 3600, minutes = !hours && longest_s > 600;
  axis.unit = hours ? 3600 : minutes ? 60 : 1;
  axis.label = fmt::format("submission time, {}", hours     ? "hours"
                                                  : minutes ? "minutes"
                                                            : "seconds");
  axis.to = std::max(longest_s, 1e-6);
  for (const double tick : round_ticks(0, axis.to / axis.unit, ticks)) {
    axis.ticks.push_back(tick * axis.unit);
  }
  return axis;
}

std::string look_of(std::size_t submission) {
  const std::size_t dashes = submission / kColours % 4;
  return fmt::format("s{}", submission % kColours) +
         (dashes > 0 ? fmt::format(" d{}", dashes) : "");
}

void open_submission(SvgWriter& svg, std::string_view kind, std::size_t submission) {
  svg.open("g", {{"class", fmt::format("{} {}", kind, look_of(submission))},
                 {"data-s", fmt::format("{}", submission)}});
}

Rows rows_for(const Report& report, const PlotPlace& place, double top, double right_margin,
              double height) {
  Rows rows;
  rows.height = height;
  const double names = std::min(widest_name(report) + 14, 0.45 * place.width);
  rows.box = {names, top, place.width - right_margin, 0};
  rows.box.bottom = bottom_of(rows, report.leaderboard.size());
  return rows;
}

double bottom_of(const Rows& rows, std::size_t count) {
  return rows.box.top + rows.height * static_cast<double>(count);
}

Attribute rows_attribute(const Rows& rows) {
  return {"data-rows", coordinate(rows.box.top) + " " + coordinate(rows.height)};
}

void open_row(SvgWriter& svg, const Rows& rows, std::size_t submission, const std::string& name) {
  const double y = rows.box.top + rows.height * (static_cast<double>(submission) + 0.5);
  svg.open("g", {{"class", "row " + look_of(submission)},
                 {"data-s", fmt::format("{}", submission)},
                 {"transform", "translate(0 " + coordinate(y) + ")"}});
  svg.text({{"class", "label"}, {"x", rows.box.left - 12}, {"y", 4.0}, {"text-anchor", "end"}},
           fitted_name(name, rows.box.left - 12.5));
}

double text_width(std::string_view text) {
  const auto characters =
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
  return kCharacter * static_cast<double>(characters);
}

std::string fitted(const std::string& text, double width) {
  if (text_width(text) <= width) return text;
  std::string result = text;
  while (!result.empty() && text_width(result) > width - kCharacter) {
    while (result.size() > 1 && (result.back() & 0xC0) == 0x80) result.pop_back();
    result.pop_back();
  }
  return result + "…";
}

std::string fitted_name(const std::string& name, double width) {
  return fitted(name, width * kCharacter / kNameCharacter);
}

double widest_name(const Report& report) {
  double width = 0;
  for (const auto& row : report.leaderboard) width = std::max(width, text_width(row.submission));
  return width * kNameCharacter / kCharacter;
}

double legend_height(const Report& report, double width) {
  return legend_items(report, width).back().y + kLineHeight + 6;
}

void draw_legend(SvgWriter& svg, const Report& report, const Box& box) {
  for (const auto& item : legend_items(report, box.width())) {
    const double x = box.left + item.x, y = box.top + item.y + 6;
    open_submission(svg, "legend", item.submission);
    svg.leaf("line", {{"class", "line"}, {"x1", x}, {"x2", x + 24}, {"y1", y}, {"y2", y}});
    svg.text({{"class", "label"}, {"x", x + 30}, {"y", y + 4}},
             report.leaderboard[item.submission].submission);
    svg.close();
  }
}

}  // namespace timetrial::scoring
