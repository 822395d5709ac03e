#pragma once
// The parts of the HTML report: report.html, report.css and report.js, compiled in by CMake.

namespace timetrial::scoring {

extern const char* const kPageTemplate;  ///< with {{NAME}} where html.cpp puts text
extern const char* const kPageStyle;
extern const char* const kPageScript;

}  // namespace timetrial::scoring
