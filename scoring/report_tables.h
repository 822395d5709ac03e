#pragma once
// A report's tables as text cells: what Markdown, HTML and the terminal show, word for word.

#include "scoring/report_model.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace timetrial::scoring {

struct Column {
  std::string name;
  bool numeric = false;  ///< right-aligned, sorted by value
};

struct TableCell {
  std::string text;
  std::optional<double> value;  ///< of a numeric column, for sorting; infinity sorts last
};

struct TextTable {
  std::string id;       ///< such as "leaderboard"
  std::string caption;  ///< one sentence
  std::vector<Column> columns;
  std::vector<std::vector<TableCell>> rows;
};

TextTable leaderboard_table(const Report& report);
/// One row per submission, one column per workload.
TextTable times_table(const Report& report);
TextTable workloads_table(const Report& report);
TextTable trials_table(const Report& report);

/// Names and values of a report's origin: sweep, rule set, mode, hardware profile, dates, hashes.
std::vector<std::pair<std::string, std::string>> provenance_lines(const Report& report);

/// What stands in a time-to-target cell: "37.42 s (1.36×)" or why there is no time.
std::string time_cell_text(const TimeRow& row);

}  // namespace timetrial::scoring
