#pragma once
// eval_measurements.csv: one row per evaluation, one column per quantity.
//
// Columns  global_step; score and accumulated_submission_time (both the submission time, seconds);
//          accumulated_eval_time, total_duration (seconds); preemption_count; train/…,
//          validation/… and test/… metrics. Which ones differs by workload and version.
// Cells    numbers; empty, nan, NaN, N/A, null: NaN. A cell that is no number is NaN too, counted
// Rows     kept in the file's order, whatever their steps and times: AlgoPerf's scorer selects by
//          row index
// Source   algorithmic-efficiency, algorithmic_efficiency/logger_utils.py (MetricLogger)

#include "scoring/algoperf/findings.h"

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace timetrial::algoperf {

struct Measurements {
  std::vector<std::string> names;            ///< of the columns, in the file's order, each once
  std::vector<std::vector<double>> columns;  ///< [name][row]
  /// [row]: its number among the file's lines of data, from 0; those that are skipped count.
  std::vector<std::int32_t> places;
  std::size_t rows = 0;

  /// The column of that name; empty when the file lacks it.
  std::span<const double> column(std::string_view name) const;
  /// The scored clock: "score", else "accumulated_submission_time"; never empty if there are rows.
  std::span<const double> submission_time() const;
  /// "global_step", each an integer from 0 to 2^53.
  std::span<const double> step() const { return column("global_step"); }
};

/// Reads one file after another into the same memory.
class MeasurementParser {
 public:
  /// `text` is the file's content; `file` names it in findings. False when nothing usable is in
  /// it (empty, no header, no row): the table is then empty.
  bool parse(std::string_view text, const std::string& file, Findings& findings);
  const Measurements& table() const { return table_; }
  /// Moves the table out, without spare capacity.
  Measurements take();

 private:
  bool begin(std::string_view header);
  void take_header(std::string_view header);
  std::vector<double> earlier_rows(std::string_view name) const;
  void take_line(std::string_view line, bool cut_off);
  void repeat_header(std::string_view line);
  bool read_cells(std::string_view line);
  bool read_untidy_cells(std::string_view line);
  void keep_row();
  void note_order(double time, double step);
  bool is_duplicate(double time, double step);
  std::string place() const;

  Measurements table_;
  std::string header_;              ///< that `slots_` was made for
  std::vector<std::size_t> slots_;  ///< column of each cell; kNone: a name that came before
  std::size_t time_ = 0, step_ = 0;
  std::vector<double> cells_;  ///< of the current row, by column
  std::size_t bad_cells_ = 0;  ///< of the current row
  // The file being read.
  const std::string* file_ = nullptr;
  Findings* findings_ = nullptr;
  std::int64_t line_ = 0;
  std::int32_t data_lines_ = 0;
  double last_time_ = 0, last_step_ = 0, latest_time_ = 0;
  bool step_falls_ = false, time_falls_ = false;
  std::set<std::pair<double, double>> seen_;  ///< (time, step), once time has stood still
};

}  // namespace timetrial::algoperf
