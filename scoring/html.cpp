// Reports as one HTML file: tables written here, plots drawn by report.js from the JSON inside.
#include "scoring/exporters.h"
#include "scoring/html_page.h"
#include "scoring/number_text.h"
#include "scoring/report_tables.h"

#include <fmt/core.h>

#include <cmath>
#include <map>

namespace timetrial::scoring {
namespace {

std::string escape(const std::string& text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

/// JSON that cannot end the script element or open a comment in it: no '<' is left.
std::string embeddable(const std::string& json) {
  std::string result;
  for (const char c : json) {
    if (c == '<') {
      result += "\\u003c";
    } else {
      result += c;
    }
  }
  return result;
}

std::string to_html_row(const TextTable& table, const std::vector<TableCell>& row) {
  std::string text = "<tr>";
  for (std::size_t i = 0; i < row.size(); ++i) {
    const auto& cell = row[i];
    const char* tag = i == 0 ? "th" : "td";
    std::string attributes = i == 0 ? " scope=\"row\"" : "";
    if (table.columns[i].numeric) attributes += " class=\"number\"";
    if (table.columns[i].name == "Submission") attributes += " data-submission";
    if (cell.value) {
      attributes += fmt::format(" data-value=\"{}\"",
                                std::isfinite(*cell.value) ? exact_text(*cell.value) : "Infinity");
    }
    text += fmt::format("<{}{}>{}</{}>", tag, attributes, escape(cell.text), tag);
  }
  return text + "</tr>\n";
}

/// A region that scrolls by itself on narrow screens, reachable by keyboard.
std::string to_html_table(const TextTable& table) {
  std::string head, body;
  for (const auto& column : table.columns) {
    head += fmt::format("<th scope=\"col\"{}>{}</th>", column.numeric ? " class=\"number\"" : "",
                        escape(column.name));
  }
  for (const auto& row : table.rows) body += to_html_row(table, row);
  return fmt::format(
      "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"{0}-caption\">\n"
      "<table id=\"{0}-table\">\n<caption id=\"{0}-caption\">{1}</caption>\n"
      "<thead><tr>{2}</tr></thead>\n<tbody>\n{3}</tbody>\n</table>\n</div>",
      table.id, escape(table.caption), head, body);
}

std::string definition(const std::string& name, const std::string& value) {
  return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", escape(name), escape(value));
}

std::string facts(const Report& report) {
  const auto& from = report.provenance;
  return definition("Rule set", from.rule_set) +
         definition("Mode", to_string(report.options.mode)) +
         definition("Hardware profile", from.hardware_profile) +
         definition("Date", date_text(report.date_ns)) +
         definition("Store", from.store_hash.substr(0, 12));
}

std::string provenance(const Report& report) {
  std::string text;
  for (const auto& [name, value] : provenance_lines(report)) text += definition(name, value);
  return text;
}

std::string notes(const Report& report) {
  if (report.notes.empty()) return "";
  std::string items;
  for (const auto& note : report.notes) items += fmt::format("<li>{}</li>\n", escape(note));
  return fmt::format(
      "<aside class=\"note\" aria-label=\"Notes\"><h2>Before you read the numbers</h2>\n<ul>\n{}"
      "</ul></aside>",
      items);
}

/// Replaces {{NAME}} in one pass, so that nothing put in is looked at again.
std::string filled(const std::string& page, const std::map<std::string, std::string>& values) {
  std::string text;
  std::size_t at = 0;
  while (true) {
    const std::size_t open = page.find("{{", at);
    if (open == std::string::npos) return text + page.substr(at);
    const std::size_t close = page.find("}}", open);
    text += page.substr(at, open - at) + values.at(page.substr(open + 2, close - open - 2));
    at = close + 2;
  }
}

}  // namespace

std::string to_html(const Report& report) {
  return filled(kPageTemplate, {{"TITLE", escape(report.title)},
                                {"STYLE", kPageStyle},
                                {"SCRIPT", kPageScript},
                                {"FACTS", facts(report)},
                                {"NOTES", notes(report)},
                                {"LEADERBOARD", to_html_table(leaderboard_table(report))},
                                {"TIMES", to_html_table(times_table(report))},
                                {"WORKLOADS", to_html_table(workloads_table(report))},
                                {"TRIALS", to_html_table(trials_table(report))},
                                {"PROVENANCE", provenance(report)},
                                {"DATA", embeddable(to_json(report))}});
}

}  // namespace timetrial::scoring
