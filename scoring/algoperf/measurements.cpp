#include "scoring/algoperf/measurements.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>

namespace timetrial::algoperf {
namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kLargestStep = 9007199254740992.0;  // 2^53: above, doubles skip integers
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// A cell's content: without blanks and without the quotes around it.
std::string unquoted(std::string_view cell) {
  cell = trimmed(cell);
  if (cell.size() < 2 || cell.front() != '"' || cell.back() != '"') return std::string(cell);
  std::string text;
  cell = cell.substr(1, cell.size() - 2);
  for (std::size_t i = 0; i < cell.size(); ++i) {
    text += cell[i];
    if (cell[i] == '"' && i + 1 < cell.size() && cell[i + 1] == '"') ++i;
  }
  return text;
}

/// Commas inside of quotes do not part cells. A quote that is never closed ends with its line.
std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> cells;
  std::size_t begin = 0;
  bool quoted = false;
  for (std::size_t i = 0; i <= line.size(); ++i) {
    if (i < line.size() && line[i] == '"') quoted = !quoted;
    if (i < line.size() && (line[i] != ',' || quoted)) continue;
    cells.push_back(unquoted(line.substr(begin, i - begin)));
    begin = i + 1;
  }
  return cells;
}

bool is_missing_value(std::string_view cell) {
  constexpr std::array<std::string_view, 7> kNames{"", "na", "n/a", "null", "none", "<na>", "#n/a"};
  std::string lower(cell);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::find(kNames.begin(), kNames.end(), lower) != kNames.end();
}

/// Too large or too small for a double, as text: infinity or zero.
double beyond_range(std::string_view number) {
  const double size =
      number.find("e-") != std::string_view::npos || number.find("E-") != std::string_view::npos
          ? 0.0
          : std::numeric_limits<double>::infinity();
  return number.front() == '-' ? -size : size;
}

/// The number of a whole cell; false when it is none.
bool parse_number(std::string_view cell, double& value) {
  if (!cell.empty() && cell.front() == '+') cell.remove_prefix(1);
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error == std::errc::result_out_of_range) value = beyond_range(cell);
  return error != std::errc::invalid_argument && end == cell.data() + cell.size();
}

bool is_step(double value) {
  return value >= 0 && value <= kLargestStep && value == std::floor(value);
}

bool is_time(double value) { return value >= 0 && std::isfinite(value); }

}  // namespace

std::span<const double> Measurements::column(std::string_view name) const {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return {};
  return columns[static_cast<std::size_t>(found - names.begin())];
}

std::span<const double> Measurements::submission_time() const {
  const auto score = column("score");
  return score.empty() ? column("accumulated_submission_time") : score;
}

bool MeasurementParser::parse(std::string_view text, const std::string& file, Findings& findings) {
  file_ = &file;
  findings_ = &findings;
  line_ = 0;
  data_lines_ = 0;
  last_time_ = last_step_ = latest_time_ = 0;
  step_falls_ = time_falls_ = false;
  seen_.clear();
  table_.rows = 0;
  table_.places.clear();
  for (auto& column : table_.columns) column.clear();

  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  bool begun = false;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++line_;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (begun) {
      take_line(line, end == std::string_view::npos);
    } else if (!begin(line)) {
      findings.add(Finding::no_header, file);
      return false;
    } else {
      begun = true;
    }
  }
  if (table_.rows == 0) findings.add(Finding::empty_file, file);
  return table_.rows > 0;
}

Measurements MeasurementParser::take() {
  Measurements table = std::move(table_);
  for (auto& column : table.columns) column.shrink_to_fit();
  table.places.shrink_to_fit();
  table_ = {};
  header_.clear();
  return table;
}

/// The first line; false when it is no header of such a file.
bool MeasurementParser::begin(std::string_view header) {
  if (header == header_) return true;  // most files have the header of the one before
  header_.clear();
  table_.names.clear();
  table_.columns.clear();
  take_header(header);
  if (time_ == kNone || step_ == kNone) return false;
  header_ = header;
  return true;
}

/// Which cell belongs to which column. Columns that are new in the middle of a file begin with NaN.
void MeasurementParser::take_header(std::string_view header) {
  slots_.clear();
  std::vector<bool> has_cell(table_.names.size());
  for (const auto& name : split(header)) {
    const auto found = std::find(table_.names.begin(), table_.names.end(), name);
    auto column = static_cast<std::size_t>(found - table_.names.begin());
    if (found == table_.names.end()) {
      table_.names.push_back(name);
      table_.columns.push_back(earlier_rows(name));
      has_cell.push_back(false);
    } else if (has_cell[column]) {
      column = kNone;
    }
    if (column != kNone) has_cell[column] = true;
    slots_.push_back(column);
  }
  const auto index_of = [this](std::string_view name) {
    const auto found = std::find(table_.names.begin(), table_.names.end(), name);
    return found == table_.names.end() ? kNone
                                       : static_cast<std::size_t>(found - table_.names.begin());
  };
  time_ = index_of("score");
  if (time_ == kNone) time_ = index_of("accumulated_submission_time");
  step_ = index_of("global_step");
}

/// What a column that is new has in the rows before it: nothing, but the scored clock goes on from
/// the one that there was.
std::vector<double> MeasurementParser::earlier_rows(std::string_view name) const {
  if (name == "score" && table_.rows > 0) return table_.columns[time_];
  return std::vector<double>(table_.rows, kNaN);
}

void MeasurementParser::take_line(std::string_view line, bool cut_off) {
  if (!read_cells(line)) {
    if (line.find("global_step") != std::string_view::npos) {
      repeat_header(line);
      return;
    }
    ++data_lines_;
    if (!read_untidy_cells(line)) {
      findings_->add(cut_off ? Finding::truncated_row : Finding::ragged_row, place());
      return;
    }
  } else {
    ++data_lines_;
  }
  const double time = cells_[time_], step = cells_[step_];
  if (!is_time(time) || !is_step(step)) {
    findings_->add(Finding::row_without_place, place());
    return;
  }
  if (is_duplicate(time, step)) {
    findings_->add(Finding::duplicate_row, place());
    return;
  }
  if (bad_cells_ > 0) {
    findings_->add(Finding::not_a_number, place(), static_cast<std::int64_t>(bad_cells_));
  }
  note_order(time, step);
  keep_row();
}

void MeasurementParser::repeat_header(std::string_view line) {
  findings_->add(Finding::repeated_header, place());
  if (line == header_) return;
  header_.clear();  // other columns from here on: not the header of the next file
  take_header(line);
}

/// The row as a program wrote it: plain numbers between commas. False when it is anything else.
bool MeasurementParser::read_cells(std::string_view line) {
  bad_cells_ = 0;
  cells_.assign(table_.columns.size(), kNaN);
  const char* at = line.data();
  const char* const end = at + line.size();
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    double value = kNaN;
    if (at != end && *at != ',') {
      const auto [next, error] = std::from_chars(at, end, value);
      if (error != std::errc()) return false;
      at = next;
    }
    const bool last = i + 1 == slots_.size();
    if (last ? at != end : at == end || *at != ',') return false;
    if (!last) ++at;
    if (slots_[i] != kNone) cells_[slots_[i]] = value;
  }
  return true;
}

/// With quotes, blanks, words or numbers out of range. False for another number of cells.
bool MeasurementParser::read_untidy_cells(std::string_view line) {
  bad_cells_ = 0;
  const auto cells = split(line);
  if (cells.size() != slots_.size()) return false;
  cells_.assign(table_.columns.size(), kNaN);
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i] == kNone) continue;
    double value = kNaN;
    if (!parse_number(cells[i], value)) {
      value = kNaN;
      if (!is_missing_value(cells[i])) ++bad_cells_;
    }
    cells_[slots_[i]] = value;
  }
  return true;
}

void MeasurementParser::keep_row() {
  for (std::size_t i = 0; i < cells_.size(); ++i) table_.columns[i].push_back(cells_[i]);
  table_.places.push_back(data_lines_ - 1);
  ++table_.rows;
}

/// Says once per file that its steps or its times fall.
void MeasurementParser::note_order(double time, double step) {
  if (step < last_step_ && !step_falls_) findings_->add(Finding::step_falls, place());
  if (time < last_time_ && !time_falls_) findings_->add(Finding::time_falls, place());
  step_falls_ = step_falls_ || step < last_step_;
  time_falls_ = time_falls_ || time < last_time_;
  last_step_ = step;
  last_time_ = time;
}

/// As long as time rises, as it does in sound logs, there is nothing to look up.
bool MeasurementParser::is_duplicate(double time, double step) {
  const bool rises = table_.rows == 0 || time > latest_time_;
  latest_time_ = std::max(latest_time_, time);
  if (rises && seen_.empty()) return false;
  if (seen_.empty()) {
    for (std::size_t row = 0; row < table_.rows; ++row) {
      seen_.insert({table_.columns[time_][row], table_.columns[step_][row]});
    }
  }
  return !seen_.insert({time, step}).second;
}

std::string MeasurementParser::place() const { return fmt::format("{}:{}", *file_, line_); }

}  // namespace timetrial::algoperf
