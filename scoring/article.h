#pragma once
// A page of text, tables and plots that is not about a leaderboard: as Markdown with plots beside
// it, as one HTML file with everything in it, or for a terminal.

#include "scoring/plot_scatter.h"
#include "scoring/report_tables.h"

#include <string>
#include <utility>
#include <vector>

namespace timetrial::scoring {

/// In this order on the page; what is empty is left out.
struct Section {
  std::string heading = {};  ///< empty: goes on without one
  std::vector<std::string> paragraphs = {};
  std::string strong = {};  ///< a sentence that stands out, before the paragraphs
  std::string command = {};
  std::vector<TextTable> tables = {};
  std::vector<std::pair<std::string, Scatter>> plots = {};  ///< file name without extension
  std::vector<std::string> items = {};                      ///< a list
};

struct Article {
  std::string title;
  std::vector<Section> sections;
};

/// Refers to plots as NAME.svg beside it.
std::string to_markdown(const Article& article);
/// Needs nothing beside it.
std::string to_html(const Article& article);
/// Without plots.
std::string to_terminal(const Article& article);
/// The plots as files: names with extension, SVG.
std::vector<std::pair<std::string, std::string>> plot_files(const Article& article);

}  // namespace timetrial::scoring
