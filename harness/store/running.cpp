// Running: attempts, evaluations, checkpoints and outcomes, each in one transaction.
#include "harness/store/impl.h"

#include <fmt/core.h>

#include <cmath>

namespace timetrial::store {
namespace {

void require_no_outcome(Connection& connection, const std::string& trial_id) {
  Statement row(connection, "SELECT kind FROM outcome WHERE trial_id = ?1");
  row.bind_all(trial_id);
  if (row.step()) {
    throw StoreError(fmt::format("{}: trial {} has an outcome already ({}); it is not run again",
                                 connection.file().string(), trial_id, row.text(0)));
  }
}

void require_no_attempt(Connection& connection, const std::string& trial_id, const std::string& run,
                        int number) {
  Statement row(connection,
                "SELECT 1 FROM attempt WHERE trial_id = ?1 AND run = ?2 AND number = ?3");
  row.bind_all(trial_id, run, number);
  if (row.step()) {
    throw StoreError(
        fmt::format("{}: trial {} has an attempt {} already; is another process "
                    "running it?",
                    connection.file().string(), trial_id, number));
  }
}

const char* status_of(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return "finite";
}

void insert_values(Connection& connection, const char* sql, std::int64_t evaluation,
                   const std::map<std::string, double>& values) {
  if (values.empty()) return;
  Statement statement(connection, sql);
  for (const auto& [name, value] : values) {
    const auto stored = std::isfinite(value) ? std::optional(value) : std::nullopt;
    statement.run(evaluation, name, stored, std::string_view(status_of(value)));
  }
}

std::int64_t newest_evaluation(Connection& connection, std::int64_t attempt) {
  Statement newest(connection,
                   "SELECT id FROM evaluation WHERE attempt_id = ?1 ORDER BY ordinal DESC LIMIT 1");
  newest.bind_all(attempt);
  if (!newest.step()) {
    throw StoreError("attempt " + std::to_string(attempt) + " has no evaluation to record with");
  }
  return newest.integer(0);
}

}  // namespace

std::string run_of(Connection& connection, const std::string& trial_id) {
  Statement row(connection, "SELECT run FROM v_runs WHERE trial_id = ?1");
  row.bind_all(trial_id);
  if (!row.step()) {
    throw StoreError(connection.file().string() + ": no trial " + trial_id + " is planned");
  }
  return row.text(0);
}

std::int64_t Store::begin_attempt(const Attempt& attempt) {
  auto& connection = impl_->connection;
  impl_->expect_full();
  Transaction transaction(connection);
  auto run = run_of(connection, attempt.trial_id);
  require_no_outcome(connection, attempt.trial_id);
  // Random, so that shards which run one trial independently never mix their attempts.
  if (run.empty()) run = connection.text("SELECT lower(hex(randomblob(16)))");
  require_no_attempt(connection, attempt.trial_id, run, attempt.number);
  Statement(connection, "INSERT INTO attempt VALUES (NULL,?1,?2,?3,?4,?5,?6,?7,?8)")
      .run(attempt.trial_id, run, attempt.number, attempt.started_ns, attempt.init_time_s,
           attempt.start_time_s, attempt.start_step, attempt.host_json);
  const auto id = connection.last_id();
  transaction.commit();
  return id;
}

void Store::end_attempt(std::int64_t attempt, const AttemptEnd& end) {
  impl_->expect_full();
  Transaction transaction(impl_->connection);
  Statement(impl_->connection, "INSERT INTO attempt_end VALUES (?1,?2,?3,?4,?5,?6)")
      .run(attempt, end.ended_ns, end.submission_time_s, end.frozen_cpu_s, end.peak_memory_bytes,
           end.noise_json);
  if (!end.quarantine.empty()) {
    quarantine_run_of(impl_->connection, attempt, end.quarantine, end.ended_ns);
  }
  transaction.commit();
}

void Store::add_checkpoint(std::int64_t attempt, const Checkpoint& checkpoint) {
  impl_->expect_full();
  Transaction transaction(impl_->connection);
  Statement(impl_->connection,
            "INSERT INTO checkpoint SELECT NULL, ?1, "
            "(SELECT COALESCE(MAX(ordinal) + 1, 0) FROM checkpoint WHERE attempt_id = ?1), "
            "?2, ?3, ?4, ?5, ?6")
      .run(attempt, checkpoint.file, checkpoint.hash, checkpoint.step, checkpoint.submission_time_s,
           checkpoint.duration_s);
  transaction.commit();
}

void Store::finish_trial(const std::string& trial_id, const Outcome& outcome,
                         std::int64_t finished_ns) {
  if (!is_final(outcome.kind)) {
    throw StoreError("trial " + trial_id + ": an interruption is no outcome; end its attempt");
  }
  impl_->expect_full();
  Transaction transaction(impl_->connection);
  const auto run = run_of(impl_->connection, trial_id);
  require_no_outcome(impl_->connection, trial_id);
  Statement(impl_->connection, "INSERT INTO outcome VALUES (?1,?2,?3,?4,?5,?6,?7)")
      .run(trial_id, run, std::string_view(to_string(outcome.kind)), outcome.reason, outcome.step,
           outcome.submission_time_s, finished_ns);
  transaction.commit();
}

void Store::add_evaluation(std::int64_t attempt, const Evaluation& evaluation) {
  auto& connection = impl_->connection;
  impl_->expect_normal();
  Transaction transaction(connection);
  Statement(connection,
            "INSERT INTO evaluation SELECT NULL, ?1, "
            "(SELECT COALESCE(MAX(ordinal) + 1, 0) FROM evaluation WHERE attempt_id = ?1), "
            "?2, ?3, ?4, ?5, ?6, ?7, ?8")
      .run(attempt, evaluation.step, evaluation.submission_time_s, evaluation.evaluation_time_s,
           evaluation.checkpoint_time_s, evaluation.total_time_s, evaluation.parameter_hash,
           evaluation.data_wait_s);
  const auto id = connection.last_id();
  insert_values(connection, "INSERT INTO metric VALUES (?1,?2,?3,?4)", id, evaluation.metrics);
  insert_values(connection, "INSERT INTO recorded VALUES (?1,?2,?3,?4)", id, evaluation.recorded);
  transaction.commit();
}

void Store::add_recorded(std::int64_t attempt, const std::map<std::string, double>& values) {
  auto& connection = impl_->connection;
  impl_->expect_normal();
  Transaction transaction(connection);
  insert_values(connection, "INSERT INTO recorded VALUES (?1,?2,?3,?4)",
                newest_evaluation(connection, attempt), values);
  transaction.commit();
}

}  // namespace timetrial::store
