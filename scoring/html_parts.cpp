#include "scoring/html_parts.h"

#include "scoring/number_text.h"
#include "scoring/plot_frame.h"

#include <fmt/core.h>

#include <cmath>

namespace timetrial::scoring {
namespace {

std::string about_attributes(const About& about) {
  std::string text;
  if (about.submission >= 0) text += fmt::format(" data-s=\"{}\"", about.submission);
  if (about.workload >= 0) text += fmt::format(" data-w=\"{}\"", about.workload);
  return text;
}

std::string class_attribute(const Column& column, const std::string& mark) {
  std::string classes = column.numeric ? "number" : "";
  if (!mark.empty()) classes += (classes.empty() ? "" : " ") + mark;
  return classes.empty() ? "" : " class=\"" + classes + "\"";
}

std::string value_attribute(const TableCell& cell) {
  if (!cell.value) return "";
  return fmt::format(" data-value=\"{}\"",
                     std::isfinite(*cell.value) ? exact_text(*cell.value) : "Infinity");
}

/// The colour and the dashes of a submission before its name.
std::string swatch(const About& row, const Column& column, bool first) {
  const bool names = column.name == "Submission" || (first && !column.numeric);
  if (!names || row.submission < 0) return "";
  return fmt::format("<i class=\"swatch {}\" aria-hidden=\"true\"></i>",
                     look_of(static_cast<std::size_t>(row.submission)));
}

std::string to_html_row(const TextTable& table, std::size_t index) {
  const auto about = index < table.about.size() ? table.about[index] : About{};
  std::string text = "<tr" + about_attributes(about) + ">";
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto& column = table.columns[i];
    const auto& cell = table.rows[index][i];
    const bool head = i == 0 || column.name == "Submission";
    const char* tag = head ? "th" : "td";
    text += fmt::format("<{}{}{}{}{}>{}{}</{}>", tag, head ? " scope=\"row\"" : "",
                        class_attribute(column, cell.mark), about_attributes(column.about),
                        value_attribute(cell), swatch(about, column, i == 0),
                        markup_escaped(cell.text), tag);
  }
  return text + "</tr>\n";
}

/// Long names of workloads may go on in a new line after each of their words.
std::string breakable(const std::string& name) {
  std::string text;
  for (const char c : markup_escaped(name)) {
    text += c;
    if (c == '_') text += "<wbr>";
  }
  return text;
}

}  // namespace

std::string embeddable(const std::string& json) {
  std::string result;
  result.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      result += "\\u003c";
    } else {
      result += c;
    }
  }
  return result;
}

std::string to_html_table(const TextTable& table) {
  std::string head, body;
  for (const auto& column : table.columns) {
    head += fmt::format("<th scope=\"col\"{}{}>{}</th>", class_attribute(column, ""),
                        about_attributes(column.about), breakable(column.name));
  }
  for (std::size_t i = 0; i < table.rows.size(); ++i) body += to_html_row(table, i);
  return fmt::format(
      "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"{0}-caption\">\n"
      "<table id=\"{0}-table\">\n<caption id=\"{0}-caption\">{1}</caption>\n"
      "<thead><tr>{2}</tr></thead>\n<tbody>\n{3}</tbody>\n</table>\n</div>\n",
      table.id, markup_escaped(table.caption), head, body);
}

std::string folded(const std::string& summary, const TextTable& table) {
  return fmt::format("<details><summary>{}</summary>\n{}</details>\n", markup_escaped(summary),
                     to_html_table(table));
}

std::string definition(const std::string& name, const std::string& value) {
  return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", markup_escaped(name),
                     markup_escaped(value));
}

std::string list_of(const std::vector<std::string>& items) {
  std::string text = "<ul>\n";
  for (const auto& item : items) text += fmt::format("<li>{}</li>\n", markup_escaped(item));
  return text + "</ul>\n";
}

std::string legend_chips(const Report& report) {
  std::string text = "<div class=\"legend\" role=\"group\" aria-label=\"Submissions shown\">\n";
  for (std::size_t s = 0; s < report.leaderboard.size(); ++s) {
    text += fmt::format(
        "<button type=\"button\" class=\"chip\" data-chip=\"{}\" aria-pressed=\"true\">"
        "<svg class=\"{}\" viewBox=\"0 0 26 10\" aria-hidden=\"true\"><line class=\"line\" "
        "x1=\"1\" x2=\"25\" "
        "y1=\"5\" y2=\"5\"/></svg>{}</button>\n",
        s, look_of(s), markup_escaped(report.leaderboard[s].submission));
  }
  return text + "</div>\n";
}

}  // namespace timetrial::scoring
