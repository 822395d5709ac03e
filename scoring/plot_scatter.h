#pragma once
// Points and lines over two axes: trade-offs, losses against rates, anything that is not about the
// submissions of one report. As a file of its own.

#include <optional>
#include <string>
#include <vector>

namespace timetrial::scoring {

struct ScatterPoint {
  double x = 0, y = 0;
  double x_error = 0, y_error = 0;  ///< half lengths of whiskers; 0: none
  std::string title = {};           ///< what it says on hover
};

struct ScatterSeries {
  std::string name;  ///< in the legend
  std::vector<ScatterPoint> points;
  bool line = false;  ///< joined in their order
  bool dots = true;
};

struct ScatterAxis {
  std::string label;
  bool logarithmic = false;
};

/// A horizontal or vertical line that means something, such as a threshold.
struct ScatterMark {
  bool horizontal = true;
  double at = 0;
  std::string label;
};

struct Scatter {
  std::string title, description;
  ScatterAxis x, y;
  std::vector<ScatterSeries> series;
  std::vector<ScatterMark> marks = {};
  double width = 640, height = 420;  ///< without the legend
};

/// As SVG. Points that cannot be drawn (not finite; not positive on a logarithmic axis) are left
/// out, and the description says how many. Deterministic.
std::string scatter_plot(const Scatter& scatter);

}  // namespace timetrial::scoring
