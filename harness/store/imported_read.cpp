// Reading imported logs, each trial once, without a query per trial.
#include "harness/store/impl.h"
#include "harness/store/imported.h"
#include "harness/store/packed_columns.h"

#include <fmt/core.h>

#include <unordered_map>

namespace timetrial::store {

std::optional<ImportedTerms> Store::imported(std::int64_t sweep) const {
  if (!impl_->has_imports()) return std::nullopt;
  Statement terms(impl_->connection,
                  "SELECT format, planned_studies FROM imported_sweep WHERE sweep_id = ?1");
  terms.bind_all(sweep);
  if (!terms.step()) return std::nullopt;
  ImportedTerms result{terms.text(0), static_cast<int>(terms.integer(1)), {}};
  Statement remark(impl_->connection,
                   "SELECT remark FROM imported_remark WHERE sweep_id = ?1 ORDER BY id");
  remark.bind_all(sweep);
  while (remark.step()) result.remarks.push_back(remark.text(0));
  return result;
}

void Store::imported_curves(std::int64_t sweep,
                            const std::function<void(const ImportedCurve&)>& take) const {
  auto& connection = impl_->connection;
  Statement row(
      connection,
      "SELECT submission, workload, study, trial, point, kind, reason, step, budget_s, "
      "submission_time_s, evaluation_time_s, evaluations, curve, places FROM imported_trial "
      "WHERE sweep_id = ?1 ORDER BY submission, workload, study, trial");
  Statement text(connection, "SELECT text FROM imported_text WHERE id = ?1");
  std::unordered_map<std::int64_t, std::map<std::string, double>> points;
  row.bind_all(sweep);
  while (row.step()) {
    const auto [point, is_new] = points.try_emplace(row.integer(4));
    if (is_new) {
      text.bind_all(row.integer(4));
      if (text.step()) point->second = point_from_json(text.text(0));
      text.reset();
    }
    ImportedCurve curve;
    curve.submission = row.text_view(0);
    curve.workload = row.text_view(1);
    curve.study = static_cast<int>(row.integer(2));
    curve.trial = static_cast<int>(row.integer(3));
    curve.point = &point->second;
    curve.kind = parse_outcome(row.text(5)).value_or(OutcomeKind::crashed);
    curve.reason = row.text_view(6);
    curve.step = row.integer(7);
    curve.budget_s = row.real(8);
    curve.submission_time_s = row.real(9);
    curve.evaluation_time_s = row.real(10);
    curve.curve = {.bytes = row.bytes(12),
                   .rows = static_cast<std::size_t>(row.integer(11)),
                   .places = row.bytes(13)};
    take(curve);
  }
}

void Store::imported_records(std::int64_t sweep,
                             const std::function<void(const ImportedRecord&)>& take) const {
  auto& connection = impl_->connection;
  Statement row(
      connection,
      "SELECT t.submission, t.workload, t.study, t.trial, t.trial_id, t.evaluations, "
      "t.curve, l.text, m.data, h.text, o.text, m.folder, m.seed, t.reason FROM imported_trial t "
      "JOIN imported_measurement m ON m.id = t.id "
      "JOIN imported_text l ON l.id = m.layout JOIN imported_text h ON h.id = m.hparams "
      "JOIN imported_text o ON o.id = m.origin WHERE t.sweep_id = ?1 "
      "ORDER BY t.submission, t.workload, t.study, t.trial");
  row.bind_all(sweep);
  while (row.step()) {
    ImportedRecord record;
    record.key = {row.text(0), row.text(1), static_cast<int>(row.integer(2)),
                  static_cast<int>(row.integer(3))};
    record.id = row.text(4);
    record.hparams = row.text(9);
    record.origin = row.text(10);
    record.folder = row.text(11);
    record.reason = row.text(13);
    if (!row.is_null(12)) record.seed = row.integer(12);
    const auto rows = static_cast<std::size_t>(row.integer(5));
    const auto curve = row.bytes(6), data = row.bytes(8);
    const ColumnLayout layout(row.text_view(7));
    if (!layout.fits(rows, curve, data)) {
      throw StoreError(fmt::format(
          "imported trial {}: its columns have other sizes than its layout", record.id));
    }
    record.names = layout.names();
    for (std::size_t column = 0; column < record.names.size(); ++column) {
      auto& values = record.columns.emplace_back(rows);
      for (std::size_t i = 0; i < rows; ++i) values[i] = layout.value(column, i, rows, curve, data);
    }
    take(record);
  }
}

std::vector<std::string> imported_problems(Connection& connection) {
  Statement row(
      connection,
      "SELECT s.rule_set_hash, s.tuning, t.submission, t.workload, t.study, t.trial, "
      "t.trial_id, t.evaluations, t.curve, l.text, m.data, s.name, t.places FROM imported_trial t "
      "JOIN sweep s ON s.id = t.sweep_id LEFT JOIN imported_measurement m ON m.id = t.id "
      "LEFT JOIN imported_text l ON l.id = m.layout");
  std::vector<std::string> problems;
  std::string layout_text;
  std::optional<ColumnLayout> layout;
  while (row.step()) {
    const TrialKey key{row.text(2), row.text(3), static_cast<int>(row.integer(4)),
                       static_cast<int>(row.integer(5))};
    const auto place =
        fmt::format("imported trial {} ({}, sweep {})", row.text(6), to_string(key), row.text(11));
    if (row.is_null(9)) {
      problems.push_back(place + " has lost its measurements");
      continue;
    }
    const auto curve = row.bytes(8), data = row.bytes(10);
    if (imported_trial_id({row.text(0), row.text(1), key},
                          {curve, row.text_view(9), data, row.bytes(12)}) != row.text_view(6)) {
      problems.push_back(place + " is not what its id says");
      continue;
    }
    if (!layout || layout_text != row.text_view(9)) {
      layout_text = row.text(9);
      layout.emplace(layout_text);
    }
    if (!layout->fits(static_cast<std::size_t>(row.integer(7)), curve, data)) {
      problems.push_back(place + " has columns of other sizes than its layout");
    }
  }
  return problems;
}

}  // namespace timetrial::store
