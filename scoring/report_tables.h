#pragma once
// A report's tables as text cells: what Markdown, HTML and the terminal show, word for word.

#include "scoring/report_model.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace timetrial::scoring {

/// What a row or column is about, as indices of the leaderboard and of the workloads: a page
/// filters by it. -1: neither.
struct About {
  int submission = -1, workload = -1;
};

struct Column {
  std::string name;
  bool numeric = false;  ///< right-aligned, sorted by value
  About about = {};
};

struct TableCell {
  std::string text;
  std::optional<double> value;  ///< of a numeric column, for sorting; infinity sorts last
  std::string mark = {};        ///< what a page makes of it: "best", "none", "changed"
};

struct TextTable {
  std::string id;       ///< such as "leaderboard"
  std::string caption;  ///< one sentence
  std::vector<Column> columns;
  std::vector<std::vector<TableCell>> rows;
  std::vector<About> about = {};  ///< of the rows
};

TextTable leaderboard_table(const Report& report);
/// One row per submission, one column per workload.
TextTable times_table(const Report& report);
TextTable workloads_table(const Report& report);
TextTable trials_table(const Report& report);
/// Share of the workloads within some factors of the fastest.
TextTable profile_table(const Report& report);
/// The time of every study.
TextTable studies_table(const Report& report);
/// Submission by submission: on how many workloads the row is faster than the column.
TextTable wins_table(const Report& report);
/// Rank and score of each submission with one left out; what changes is marked with an arrow.
TextTable leave_one_out_table(const Report& report);
/// Where every learning curve leads.
TextTable curves_table(const Report& report);

/// GitHub-flavoured Markdown: the caption, then the table.
std::string to_markdown(const TextTable& table);
/// Aligned columns, without the caption.
std::string to_terminal(const TextTable& table);

/// "Without a, b and c change places.", or that nobody's absence changes anything.
std::vector<std::string> leave_one_out_sentences(const Report& report);

/// Names and values of a report's origin: sweep, rule set, mode, hardware profile, dates, hashes.
std::vector<std::pair<std::string, std::string>> provenance_lines(const Report& report);

/// What stands in a time-to-target cell: "37.42 s (1.36×)" or why there is no time.
std::string time_cell_text(const TimeRow& row);
/// Why a time is not there or does not count, in a word or two: "missed", "gated". Empty: it
/// counts.
std::string short_reason(const TimeRow& row);
/// "accuracy ≥ 0.86"
std::string target_text(const WorkloadTerms& terms);

}  // namespace timetrial::scoring
