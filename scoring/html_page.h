#pragma once
// The parts of the HTML report: report.html, report.css, report.js and plot.css, compiled in by
// CMake.

namespace timetrial::scoring {

extern const char* const kPageTemplate;  ///< with {{NAME}} where html.cpp puts text
extern const char* const kPageStyle;     ///< begins with the light theme's colours
extern const char* const kPlotStyle;     ///< of SVG, in pages and files alike
extern const char* const kPageScript;

}  // namespace timetrial::scoring
