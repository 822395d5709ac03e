// Quarantine: trials that are kept and not scored, and how they come back.
#include "harness/store/impl.h"
#include "harness/trial/error.h"

#include <fmt/core.h>

namespace timetrial::store {
namespace {

void append(Connection& connection, const std::string& trial_id, const std::string& run,
            const char* action, const std::string& reason, std::int64_t recorded_ns) {
  // Two rows of one moment and reason are one: saying it again adds nothing.
  Statement(connection, "INSERT OR IGNORE INTO quarantine VALUES (?1,?2,?3,?4,?5)")
      .run(trial_id, run, recorded_ns, std::string_view(action), reason);
}

/// What a person asks for, with what the store knows of it.
struct Asked {
  std::string run;
  bool quarantined = false;
};

Asked look_up(Connection& connection, const std::string& trial_id, const std::string& reason) {
  if (reason.empty()) throw InputError("--reason: say why; it is shown wherever the trial is");
  Asked asked{run_of(connection, trial_id)};
  if (asked.run.empty()) {
    throw InputError("trial " + trial_id + " has not begun, so there is nothing to judge");
  }
  Statement row(connection, "SELECT quarantined FROM v_quarantine WHERE trial_id = ?1 LIMIT 1");
  row.bind_all(trial_id);
  asked.quarantined = row.step() && row.integer(0) != 0;
  return asked;
}

}  // namespace

void quarantine_run_of(Connection& connection, std::int64_t attempt, const std::string& reason,
                       std::int64_t recorded_ns) {
  Statement row(connection, "SELECT trial_id, run FROM attempt WHERE id = ?1");
  row.bind_all(attempt);
  if (row.step()) append(connection, row.text(0), row.text(1), "add", reason, recorded_ns);
}

void Store::quarantine(const std::string& trial_id, const std::string& reason,
                       std::int64_t recorded_ns) {
  impl_->expect_full();
  Transaction transaction(impl_->connection);
  const auto asked = look_up(impl_->connection, trial_id, reason);
  append(impl_->connection, trial_id, asked.run, "add", reason, recorded_ns);
  transaction.commit();
}

void Store::lift_quarantine(const std::string& trial_id, const std::string& reason,
                            std::int64_t recorded_ns) {
  impl_->expect_full();
  Transaction transaction(impl_->connection);
  const auto asked = look_up(impl_->connection, trial_id, reason);
  if (!asked.quarantined) throw InputError("trial " + trial_id + " is not quarantined");
  append(impl_->connection, trial_id, asked.run, "lift", reason, recorded_ns);
  transaction.commit();
}

std::vector<QuarantineRow> Store::quarantines() const {
  std::vector<QuarantineRow> rows;
  if (!impl_->has_quarantine()) return rows;
  Statement row(impl_->connection,
                "SELECT sweep_id, sweep, trial_id, submission, workload, study, trial, "
                "quarantined, reason, recorded_ns FROM v_quarantine "
                "ORDER BY sweep_id, ordinal, trial_id");
  while (row.step()) {
    rows.push_back({.sweep_id = row.integer(0),
                    .sweep = row.text(1),
                    .trial_id = row.text(2),
                    .key = {row.text(3), row.text(4), static_cast<int>(row.integer(5)),
                            static_cast<int>(row.integer(6))},
                    .quarantined = row.integer(7) != 0,
                    .reason = row.text(8),
                    .recorded_ns = row.integer(9)});
  }
  return rows;
}

std::string Store::find_trial(const std::string& start) const {
  constexpr std::size_t kShortest = 4;
  const bool is_hex = start.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (start.size() < kShortest || !is_hex) {
    throw InputError(fmt::format(
        "'{}' is no trial's id; give its first characters (at least {}), as in: timetrial store "
        "query --sql 'SELECT trial_id, submission, workload, study, trial FROM v_trials'",
        start, kShortest));
  }
  // 'g' follows the last hexadecimal digit, so the range is that of all ids with this start.
  Statement row(impl_->connection,
                "SELECT id FROM trial WHERE id >= ?1 AND id < ?1 || 'g' LIMIT 2");
  row.bind_all(start);
  if (!row.step()) {
    throw InputError(fmt::format("{}: holds no trial of its own whose id starts with {}",
                                 impl_->connection.file().string(), start));
  }
  const auto id = row.text(0);
  if (row.step()) {
    throw InputError(fmt::format("{}: several trials' ids start with {}; give more characters",
                                 impl_->connection.file().string(), start));
  }
  return id;
}

}  // namespace timetrial::store
