#pragma once
// What all plots share: the page they are drawn on, scales, axes, and how a submission looks.
//
// Units      pixels of the SVG's own coordinates, y downwards; text is 12 high
// Look       plot.css: colours are classes, so that a page can be light or dark. A submission has
//            one of eight colours (s0 … s7) and, beyond eight, dashes (d1, d2, …), by rank
// Filtering  what belongs to a submission carries data-s="INDEX"; the page hides by it. A plot of
//            rows carries data-rows="TOP HEIGHT", so that the page can close the gaps

#include "scoring/plots.h"
#include "scoring/svg_writer.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace timetrial::scoring {

struct Box {
  double left = 0, top = 0, right = 0, bottom = 0;
  double width() const { return right - left; }
  double height() const { return bottom - top; }
};

/// Where a value lies: [from, to] is drawn from `start` to `end`.
struct Scale {
  double from = 0, to = 1, start = 0, end = 1;
  double operator()(double value) const {
    return start + (value - from) / (to - from) * (end - start);
  }
};

struct Axis {
  double from = 0, to = 1;
  std::vector<double> ticks;
  std::string label;
  double unit = 1;           ///< ticks read value / unit …
  std::string suffix;        ///< … and this, such as " %"
  bool logarithmic = false;  ///< values are decimal logarithms; ticks read what they are of
};

struct Frame {
  Box box;
  Scale x, y;
};

/// What a plot is, for those who do not see it.
struct PlotWords {
  std::string kind;  ///< class of the svg element, such as "profile"
  std::string title, description;
};

SvgWriter begin_plot(const PlotPlace& place, double height, const PlotWords& words,
                     SvgWriter::Attributes more = {});
std::string end_plot(SvgWriter& svg);

/// In a file the name of the workload; in a page a heading above the plot says it. Returns the
/// height that it takes.
double draw_heading(SvgWriter& svg, const PlotPlace& place, const std::string& name);

/// Both axes with a grid along y.
Frame draw_frame(SvgWriter& svg, const Box& box, const Axis& x, const Axis& y);
/// An x axis above rows: ticks and label over the box, grid lines through it.
Scale draw_top_axis(SvgWriter& svg, const Box& box, const Axis& x);

/// About `count` round numbers in [from, to].
std::vector<double> round_ticks(double from, double to, int count);
/// "0.25", "1500", "40k".
std::string tick_text(double value);
/// Seconds up to `longest_s` as an axis in seconds, minutes or hours, from 0.
Axis time_axis(double longest_s, int ticks);

/// "s3 d1"
std::string look_of(std::size_t submission);
/// The group that holds what is drawn of a submission.
void open_submission(SvgWriter& svg, std::string_view kind, std::size_t submission);

/// Rows of a plot, one per submission in order of rank, with its name at the left.
struct Rows {
  Box box;  ///< of the values
  double height = 18;
};
Rows rows_for(const Report& report, const PlotPlace& place, double top, double right_margin,
              double height = 18);
/// The bottom of the last row.
double bottom_of(const Rows& rows, std::size_t count);
/// For begin_plot.
Attribute rows_attribute(const Rows& rows);
/// Opens a row: y 0 is its middle. Writes the name.
void open_row(SvgWriter& svg, const Rows& rows, std::size_t submission, const std::string& name);

double text_width(std::string_view text);
/// The text, or as much of it as fits, with an ellipsis.
std::string fitted(const std::string& text, double width);
/// The same for a submission's name, which is bold.
std::string fitted_name(const std::string& name, double width);
/// Width of the longest submission's name.
double widest_name(const Report& report);
/// Names with their lines, several in a row, for a file. Returns the height that it takes.
double legend_height(const Report& report, double width);
void draw_legend(SvgWriter& svg, const Report& report, const Box& box);

}  // namespace timetrial::scoring
