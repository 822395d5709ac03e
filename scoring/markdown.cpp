// Reports in GitHub-flavoured Markdown.
#include "scoring/exporters.h"
#include "scoring/report_tables.h"

#include <fmt/core.h>

#include <cctype>
#include <string_view>

namespace timetrial::scoring {
namespace {

/// Whether the underscore at `i` stands inside a word, where it starts no emphasis.
bool inside_word(const std::string& text, std::size_t i) {
  const auto word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  return i > 0 && i + 1 < text.size() && word(text[i - 1]) && word(text[i + 1]);
}

/// Text that must not end a cell, start markup or break the line.
std::string escape(const std::string& text) {
  constexpr std::string_view kMarkup = "\\|*_`<>[]";
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool plain = c == '_' && inside_word(text, i);
    if (!plain && kMarkup.find(c) != std::string_view::npos) result += '\\';
    result += c == '\n' || c == '\r' ? ' ' : c;
  }
  return result;
}

}  // namespace

std::string to_markdown(const TextTable& table) {
  std::string head = "|", rule = "|", body;
  for (const auto& column : table.columns) {
    head += fmt::format(" {} |", escape(column.name));
    rule += column.numeric ? " ---: |" : " --- |";
  }
  for (const auto& row : table.rows) {
    body += '|';
    for (const auto& cell : row) body += fmt::format(" {} |", escape(cell.text));
    body += '\n';
  }
  return fmt::format("{}\n\n{}\n{}\n{}", escape(table.caption), head, rule, body);
}

std::string to_markdown(const Report& report) {
  std::string text = fmt::format("# {}\n\n", escape(report.title));
  for (const auto& [name, value] : provenance_lines(report)) {
    text += fmt::format("- {}: {}\n", escape(name), escape(value));
  }
  if (!report.notes.empty()) text += "\n## Before you read the numbers\n\n";
  for (const auto& note : report.notes) text += fmt::format("- {}\n", escape(note));
  text += "\n## Leaderboard\n\n" + to_markdown(leaderboard_table(report));
  text += "\n## Time to target\n\n" + to_markdown(times_table(report));
  text += "\n## Workloads\n\n" + to_markdown(workloads_table(report));
  if (!report.leave_one_out.empty()) {
    text += "\n## Leave-one-out\n\n";
    for (const auto& sentence : leave_one_out_sentences(report)) {
      text += fmt::format("- {}\n", escape(sentence));
    }
    text += "\n" + to_markdown(leave_one_out_table(report));
    text += "\n## Pairwise wins\n\n" + to_markdown(wins_table(report));
  }
  if (!report.trials.empty()) text += "\n## Trials\n\n" + to_markdown(trials_table(report));
  return text;
}

}  // namespace timetrial::scoring
