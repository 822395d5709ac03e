// Reports for a terminal: aligned columns, no colour, no motion.
#include "scoring/exporters.h"
#include "scoring/number_text.h"
#include "scoring/report_tables.h"

#include <fmt/core.h>

#include <algorithm>

namespace timetrial::scoring {
namespace {

/// Characters on screen: code points of UTF-8 (the tables hold no wide ones).
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t to, bool right) {
  const std::string space(to - std::min(to, width(text)), ' ');
  return right ? space + text : text + space;
}

std::string trimmed(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

}  // namespace

std::string to_terminal(const TextTable& table) {
  std::vector<std::size_t> widths;
  for (const auto& column : table.columns) widths.push_back(width(column.name));
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], width(row[i].text));
  }
  std::string head, rule, body;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    head += padded(table.columns[i].name, widths[i], table.columns[i].numeric) + "  ";
    rule += std::string(widths[i], '-') + "  ";
  }
  for (const auto& row : table.rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += padded(row[i].text, widths[i], table.columns[i].numeric) + "  ";
    }
    body += trimmed(line);
  }
  return trimmed(head) + trimmed(rule) + body;
}

std::string to_terminal(const Report& report) {
  const auto& from = report.provenance;
  std::string text = fmt::format(
      "{}\nrule set {} ({}) · {} tuning · mode {} · hardware profile {} · store {}\n\n",
      report.title, from.rule_set, from.rule_set_hash.substr(0, 12), from.tuning,
      to_string(report.options.mode), from.hardware_profile, from.store_hash.substr(0, 12));
  if (report.same_order) text += fmt::format("intervals: {}\n\n", report.interval_status);
  text += to_terminal(leaderboard_table(report)) + "\nTime to target (ratio to the fastest)\n";
  text += to_terminal(times_table(report));
  for (const auto& note : report.notes) text += "\nnote: " + note;
  return report.notes.empty() ? text : text + "\n";
}

}  // namespace timetrial::scoring
