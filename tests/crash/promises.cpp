#include "tests/crash/promises.h"

#include "harness/referee/clock_file.h"
#include "harness/store/connection.h"
#include "harness/store/store.h"
#include "harness/sweep/running_trial.h"

#include <fmt/core.h>

#include <array>
#include <utility>

namespace timetrial::crash {
namespace {

namespace fs = std::filesystem;
using store::Access;
using store::Connection;
using store::Statement;

struct Promise {
  const char* broken;  ///< what a row of `sql` means
  const char* sql;
};

constexpr std::array kPromises{
    Promise{"a trial has two outcomes",
            "SELECT trial_id FROM outcome GROUP BY trial_id HAVING COUNT(*) > 1"},
    Promise{"a trial was run twice independently",
            "SELECT trial_id FROM attempt GROUP BY trial_id HAVING COUNT(DISTINCT run) > 1"},
    Promise{"a trial was judged for what was done to it",
            "SELECT kind || ': ' || reason FROM outcome WHERE kind <> 'completed'"},
    Promise{"equal steps have other bits",
            "SELECT a.trial_id || ' step ' || e.step FROM evaluation e "
            "JOIN attempt a ON a.id = e.attempt_id "
            "GROUP BY a.trial_id, e.step HAVING COUNT(DISTINCT e.parameter_hash) > 1"},
    Promise{"time used went back from one attempt to the next",
            "WITH moment AS ("
            "SELECT id AS attempt_id, start_time_s AS used FROM attempt UNION ALL "
            "SELECT attempt_id, submission_time_s FROM evaluation UNION ALL "
            "SELECT attempt_id, submission_time_s FROM checkpoint UNION ALL "
            "SELECT attempt_id, submission_time_s FROM attempt_end) "
            "SELECT b.trial_id || ' attempt ' || b.number FROM attempt a "
            "JOIN attempt b ON b.trial_id = a.trial_id AND b.number > a.number "
            "JOIN moment m ON m.attempt_id = a.id WHERE m.used > b.start_time_s"},
    Promise{"an attempt's time went back before its start",
            "SELECT a.trial_id FROM attempt a JOIN evaluation e ON e.attempt_id = a.id "
            "WHERE e.submission_time_s < a.start_time_s"},
};

std::string columns_as_text(Connection& connection, const std::string& table) {
  Statement column(connection, "SELECT name FROM pragma_table_info(?1)");
  column.bind_all(table);
  std::string sql;
  while (column.step()) {
    sql += fmt::format("{}quote(\"{}\")", sql.empty() ? "" : " || ',' || ", column.text(0));
  }
  return sql;
}

void require_kept(const Rows& before, const Rows& now) {
  for (const auto& [table, rows] : before) {
    const auto found = now.find(table);
    if (found == now.end()) throw Violation("table " + table + " is gone");
    for (const auto& row : rows) {
      if (!found->second.contains(row)) {
        throw Violation("a row of " + table + " was lost or changed: " + row);
      }
    }
  }
}

}  // namespace

Rows rows_of(const fs::path& store) {
  Connection connection(store, Access::read_only);
  const store::ReadTransaction one_state(connection);
  Rows rows;
  Statement table(connection, "SELECT name FROM sqlite_schema WHERE type = 'table'");
  while (table.step()) {
    const std::string name = table.text(0);
    const std::string columns = columns_as_text(connection, name);
    Statement row(connection, fmt::format("SELECT {} FROM \"{}\"", columns, name));
    while (row.step()) rows[name].insert(row.text(0));
  }
  return rows;
}

Bits final_bits(const fs::path& store) {
  Connection connection(store, Access::read_only);
  Statement row(connection,
                "SELECT a.trial_id, e.parameter_hash FROM outcome o "
                "JOIN attempt a ON a.trial_id = o.trial_id AND a.run = o.run "
                "JOIN evaluation e ON e.attempt_id = a.id AND e.step = o.step");
  Bits bits;
  while (row.step()) bits[row.text(0)] = row.text(1);
  return bits;
}

void Promises::note_clocks() {
  if (!fs::exists(place_.store())) return;
  // A copy: to open a clock makes it where it has just been taken away.
  const fs::path copy = place_.output() / "clock";
  for (const auto& [trial, bits] : undisturbed_) {
    std::error_code gone;
    if (!fs::copy_file(sweep::work_dir(place_.work(), trial) / "clock", copy,
                       fs::copy_options::overwrite_existing, gone)) {
      continue;
    }
    const double used_s = referee::ClockFile(copy).used_s();
    // Counted after the look: an attempt that begins in between is not held to it.
    Connection connection(place_.store(), Access::read_only);
    Statement count(connection, "SELECT COUNT(*) FROM attempt WHERE trial_id = ?1");
    count.bind_all(trial);
    count.step();
    seen_.push_back({trial, count.integer(0), used_s});
  }
}

void Promises::note_damaged_clocks() {
  constexpr double kMostLost_s = 1;
  const std::vector<Seen> before = std::exchange(seen_, {});
  note_clocks();
  for (const auto& now : seen_) {
    for (const auto& then : before) {
      if (then.trial != now.trial || now.used_s >= then.used_s - kMostLost_s) continue;
      throw Violation(fmt::format("trial {}: a flipped bit took its clock from {} s to {} s",
                                  now.trial, then.used_s, now.used_s));
    }
  }
}

void Promises::hold() {
  if (!fs::exists(place_.store())) return;
  Rows now = rows_of(place_.store());
  require_kept(before_, now);
  before_ = std::move(now);
  Connection connection(place_.store(), Access::read_only);
  if (connection.integer("SELECT COUNT(*) FROM sqlite_schema WHERE name = 'outcome'") == 0) return;
  for (const auto& promise : kPromises) {
    Statement row(connection, promise.sql);
    if (row.step()) throw Violation(fmt::format("{}: {}", promise.broken, row.text(0)));
  }
  Statement start(connection,
                  "SELECT number, start_time_s FROM attempt WHERE trial_id = ?1 AND number >= ?2 "
                  "AND start_time_s < ?3");
  for (const auto& seen : seen_) {
    start.bind_all(seen.trial, seen.attempt, seen.used_s);
    if (start.step()) {
      throw Violation(fmt::format("trial {}: its clock had shown {} s, attempt {} began at {} s",
                                  seen.trial, seen.used_s, start.integer(0), start.real(1)));
    }
    start.reset();
  }
}

void Promises::sound() {
  if (!fs::exists(place_.store())) return;
  const Result result = run(place_, {"store", "check"});
  if (result.code != 0) {
    throw Violation(fmt::format("store check ends with {}: {}", result.code, result.errors));
  }
}

void Promises::hold_at_the_end() {
  hold();
  const Bits bits = final_bits(place_.store());
  for (const auto& [trial, hash] : undisturbed_) {
    const auto found = bits.find(trial);
    if (found == bits.end()) throw Violation("trial " + trial + " has not ended");
    if (found->second != hash) {
      throw Violation(fmt::format("trial {}: {} instead of the undisturbed run's {}", trial,
                                  found->second, hash));
    }
  }
  Connection connection(place_.store(), Access::read_only);
  const auto trials = connection.integer("SELECT COUNT(*) FROM sweep_trial");
  if (trials != static_cast<std::int64_t>(undisturbed_.size())) {
    throw Violation(fmt::format("{} trials instead of {}", trials, undisturbed_.size()));
  }
  sound();
}

bool Promises::finished() const {
  return fs::exists(place_.store()) && final_bits(place_.store()).size() == undisturbed_.size();
}

}  // namespace timetrial::crash
