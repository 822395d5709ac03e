// A name for the state of a store: equal for stores that would give equal reports, whatever the
// order in which their rows came, and whichever shard they came from.
#include "harness/store/impl.h"
#include "harness/trial/sha256.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace timetrial::store {
namespace {

// Row ids and dates of machines stay out; every ORDER BY is by content alone.
constexpr std::array kRows{
    "SELECT name, rule_set, rule_set_hash, tuning, hardware_profile, seed, max_steps "
    "FROM sweep ORDER BY name",
    "SELECT s.name, r.name, r.author, r.library_hash, r.search_space_hash "
    "FROM sweep_submission r JOIN sweep s ON s.id = r.sweep_id ORDER BY s.name, r.name",
    "SELECT s.name, r.name, r.base, r.metric, r.higher_is_better, r.validation_target, "
    "r.test_target, r.budget_s, r.evaluation_period_s, r.configuration_hash, r.data_hash "
    "FROM sweep_workload r JOIN sweep s ON s.id = r.sweep_id ORDER BY s.name, r.name",
    "SELECT s.name, r.trial_id FROM sweep_trial r JOIN sweep s ON s.id = r.sweep_id "
    "ORDER BY s.name, r.trial_id",
    "SELECT trial_id, run, kind, reason, step, submission_time_s, finished_ns "
    "FROM outcome ORDER BY trial_id, run",
    "SELECT trial_id, run, number, started_ns, init_time_s, start_time_s, start_step "
    "FROM attempt ORDER BY trial_id, run, number",
    "SELECT a.trial_id, a.run, a.number, e.ordinal, e.step, e.submission_time_s, "
    "e.evaluation_time_s, e.checkpoint_time_s, e.total_time_s, e.parameter_hash, m.name, m.value, "
    "m.status FROM attempt a JOIN evaluation e ON e.attempt_id = a.id "
    "LEFT JOIN metric m ON m.evaluation_id = e.id "
    "ORDER BY a.trial_id, a.run, a.number, e.ordinal, m.name",
};

// Of rows that were measured at all, so that an older store keeps its hash.
constexpr char kDataWaits[] =
    "SELECT a.trial_id, a.run, a.number, e.ordinal, e.data_wait_s FROM attempt a "
    "JOIN evaluation e ON e.attempt_id = a.id WHERE e.data_wait_s IS NOT NULL "
    "ORDER BY a.trial_id, a.run, a.number, e.ordinal";

// Of trials that were quarantined at all, likewise.
constexpr char kQuarantine[] =
    "SELECT trial_id, run, recorded_ns, action, reason FROM quarantine "
    "ORDER BY trial_id, run, recorded_ns, action, reason";

// Of workloads with several tasks, and of what workers told, likewise.
constexpr char kTasks[] =
    "SELECT s.name, r.workload, r.name, r.metric, r.higher_is_better, r.validation_target "
    "FROM sweep_task r JOIN sweep s ON s.id = r.sweep_id ORDER BY s.name, r.workload, r.name";
constexpr char kRecorded[] =
    "SELECT a.trial_id, a.run, a.number, e.ordinal, d.name, d.value, d.status FROM attempt a "
    "JOIN evaluation e ON e.attempt_id = a.id JOIN recorded d ON d.evaluation_id = e.id "
    "ORDER BY a.trial_id, a.run, a.number, e.ordinal, d.name";
constexpr char kTrainingLosses[] =
    "SELECT a.trial_id, a.run, a.number, l.first_step, l.stride, hex(l.losses) FROM attempt a "
    "JOIN training_loss l ON l.attempt_id = a.id "
    "ORDER BY a.trial_id, a.run, a.number, l.first_step";

// Of imported logs, but for their trials.
constexpr std::array kImportedRows{
    "SELECT s.name, i.format, i.planned_studies FROM imported_sweep i "
    "JOIN sweep s ON s.id = i.sweep_id ORDER BY s.name",
    "SELECT s.name, i.remark FROM imported_remark i JOIN sweep s ON s.id = i.sweep_id "
    "ORDER BY s.name, i.remark",
};

constexpr std::size_t kPortion = 1 << 16;  // hashing many small texts costs more than one large

void append_text(std::string& text, std::string_view value) {
  fmt::format_to(std::back_inserter(text), "t{}:", value.size());
  text += value;
}

/// Type and length before content, so that no two rows run together.
void append_value(std::string& text, const Statement& row, int column) {
  switch (sqlite3_column_type(row.raw(), column)) {
    case SQLITE_NULL:
      text += "n;";
      break;
    case SQLITE_INTEGER:
      fmt::format_to(std::back_inserter(text), "i{};", row.integer(column));
      break;
    case SQLITE_FLOAT:
      fmt::format_to(std::back_inserter(text), "r{:a};", row.real(column));
      break;
    default:
      append_text(text, row.text_view(column));
  }
}

void add_rows(Sha256& hash, const Connection& connection, const char* sql) {
  hash.update(sql);
  Statement row(connection, sql);
  std::string text;
  while (row.step()) {
    for (int column = 0; column < row.columns(); ++column) append_value(text, row, column);
    if (text.size() < kPortion) continue;
    hash.update(text);
    text.clear();
  }
  hash.update(text);
}

/// A trial's id is a hash of its key and its measurements, so it stands for them. An index holds
/// the ids in order with their sweeps, and these are hashed by name: no row is looked up.
void add_imported_trials(Sha256& hash, const Connection& connection) {
  std::map<std::int64_t, std::string> names;
  for (Statement row(connection, "SELECT id, name FROM sweep"); row.step();) {
    append_text(names[row.integer(0)], row.text_view(1));
  }
  std::string text = "imported trials;", last;
  std::vector<std::string_view> sweeps;  // of the last id
  const auto add_last = [&] {
    if (sweeps.empty()) return;
    std::sort(sweeps.begin(), sweeps.end());
    text += last;
    for (const auto name : sweeps) text += name;
    sweeps.clear();
    if (text.size() < kPortion) return;
    hash.update(text);
    text.clear();
  };
  Statement row(connection, "SELECT trial_id, sweep_id FROM imported_trial ORDER BY trial_id");
  while (row.step()) {
    const auto id = row.text_view(0);
    if (id != last) {
      add_last();
      last = id;
    }
    sweeps.push_back(names.at(row.integer(1)));
  }
  add_last();
  hash.update(text);
}

}  // namespace

std::string Store::content_hash() const {
  Sha256 hash;
  Connection& connection = impl_->connection;
  // One state for all of them, though other processes go on writing.
  const ReadTransaction transaction(connection);
  for (const char* sql : kRows) add_rows(hash, connection, sql);
  if (impl_->has_data_waits() &&
      connection.integer("SELECT COUNT(data_wait_s) FROM evaluation") > 0) {
    add_rows(hash, connection, kDataWaits);
  }
  if (impl_->has_quarantine() && connection.integer("SELECT COUNT(*) FROM quarantine") > 0) {
    add_rows(hash, connection, kQuarantine);
  }
  if (impl_->has_recorded()) {
    if (connection.integer("SELECT COUNT(*) FROM sweep_task") > 0) {
      add_rows(hash, connection, kTasks);
    }
    if (connection.integer("SELECT COUNT(*) FROM recorded") > 0) {
      add_rows(hash, connection, kRecorded);
    }
    if (connection.integer("SELECT COUNT(*) FROM training_loss") > 0) {
      add_rows(hash, connection, kTrainingLosses);
    }
  }
  // A store without imports keeps the hash that it had before there were any.
  if (impl_->has_imports() && connection.integer("SELECT COUNT(*) FROM imported_sweep") > 0) {
    for (const char* sql : kImportedRows) add_rows(hash, connection, sql);
    add_imported_trials(hash, connection);
  }
  return hash.hex();
}

}  // namespace timetrial::store
