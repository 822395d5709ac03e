// Leaderboards for papers: one table in booktabs, to be included; needs \usepackage{booktabs}.
#include "scoring/exporters.h"
#include "scoring/number_text.h"
#include "scoring/report_tables.h"

#include <fmt/core.h>

#include <string_view>

namespace timetrial::scoring {
namespace {

/// Text in which no character is a command, and the signs that the tables use are known to TeX.
std::string escape(const std::string& text) {
  static const std::pair<std::string_view, std::string_view> kReplaced[] = {
      {"\\", "\\textbackslash{}"},
      {"&", "\\&"},
      {"%", "\\%"},
      {"$", "\\$"},
      {"#", "\\#"},
      {"_", "\\_"},
      {"{", "\\{"},
      {"}", "\\}"},
      {"~", "\\textasciitilde{}"},
      {"^", "\\textasciicircum{}"},
      {"–", "--"},
      {"×", "$\\times$"},
      {"≥", "$\\ge$"},
      {"≤", "$\\le$"},
      {"\n", " "}};
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 1;
    std::string_view with;
    for (const auto& [what, replacement] : kReplaced) {
      if (text.compare(at, what.size(), what) != 0) continue;
      length = what.size();
      with = replacement;
      break;
    }
    result += with.empty() ? std::string_view(text).substr(at, length) : with;
    at += length;
  }
  return result;
}

std::string line(const std::vector<std::string>& cells) {
  std::string text;
  for (const auto& cell : cells) text += (text.empty() ? "" : " & ") + cell;
  return text + " \\\\\n";
}

}  // namespace

std::string to_latex(const Report& report) {
  const auto table = leaderboard_table(report);
  std::string columns, head, body;
  std::vector<std::string> names;
  for (const auto& column : table.columns) {
    columns += column.numeric ? 'r' : 'l';
    names.push_back(escape(column.name));
  }
  for (const auto& row : table.rows) {
    std::vector<std::string> cells;
    for (const auto& cell : row) cells.push_back(escape(cell.text));
    body += line(cells);
  }
  std::string origin;
  for (const auto& [name, value] : provenance_lines(report)) {
    origin += fmt::format("% {}: {}\n", name, value.substr(0, value.find('\n')));
  }
  return fmt::format(
      "% "
      "{}\n{}\\begin{{tabular}}{{{}}}\n\\toprule\n{}\\midrule\n{}\\bottomrule\n\\end{{tabular}}\n",
      report.title.substr(0, report.title.find('\n')), origin, columns, line(names), body);
}

}  // namespace timetrial::scoring
