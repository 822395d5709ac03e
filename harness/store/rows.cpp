// Reading: rows of the store as values.
#include "harness/store/impl.h"

#include <cmath>
#include <limits>

namespace timetrial::store {
namespace {

constexpr char kTrialColumns[] =
    "SELECT trial_id, submission, workload, study, trial, point_json, seed, budget_s, sweep_id, "
    "status, reason, final_step, final_time_s, attempts, submission_time_s, run FROM v_trials ";

TrialRow read_trial(const Statement& row) {
  TrialRow result;
  result.trial.id = row.text(0);
  result.trial.key = {row.text(1), row.text(2), static_cast<int>(row.integer(3)),
                      static_cast<int>(row.integer(4))};
  result.trial.point = point_from_json(row.text(5));
  result.trial.seed = static_cast<std::uint64_t>(row.integer(6));
  result.trial.budget_s = row.real(7);
  result.sweep_id = row.integer(8);
  if (const auto kind = parse_outcome(row.text(9))) {
    result.outcome = Outcome{*kind, row.text(10), row.integer(11), row.real(12)};
  }
  result.attempts = static_cast<int>(row.integer(13));
  result.submission_time_s = row.real(14);
  result.run = row.text(15);
  return result;
}

double read_metric(const Statement& row, int value, int status) {
  if (!row.is_null(value)) return row.real(value);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const auto text = row.text(status);
  return text == "inf" ? kInfinity : text == "-inf" ? -kInfinity : std::nan("");
}

Evaluation read_evaluation(const Statement& row) {
  Evaluation evaluation;
  evaluation.step = row.integer(1);
  evaluation.submission_time_s = row.real(2);
  evaluation.evaluation_time_s = row.real(3);
  evaluation.checkpoint_time_s = row.real(4);
  evaluation.total_time_s = row.real(5);
  evaluation.parameter_hash = row.text(6);
  if (!row.is_null(10)) evaluation.data_wait_s = row.real(10);
  return evaluation;
}

void read_tasks(Connection& connection, std::int64_t sweep, std::vector<WorkloadRecord>& records) {
  for (auto& record : records) {
    Statement row(connection,
                  "SELECT name, metric, higher_is_better, validation_target FROM sweep_task "
                  "WHERE sweep_id = ?1 AND workload = ?2 ORDER BY ordinal");
    row.bind_all(sweep, record.name);
    while (row.step()) {
      record.tasks.push_back({row.text(0), row.text(1), row.integer(2) != 0,
                              row.is_null(3) ? std::nullopt : std::optional(row.real(3))});
    }
  }
}

}  // namespace

std::vector<Sweep> Store::sweeps() const {
  Statement row(
      impl_->connection,
      "SELECT id, name, rule_set, rule_set_hash, rule_set_text, tuning, hardware_profile, "
      "hardware_json, versions_json, seed, created_ns, max_steps FROM sweep ORDER BY id");
  std::vector<Sweep> sweeps;
  while (row.step()) {
    Sweep sweep;
    sweep.id = row.integer(0);
    sweep.name = row.text(1);
    sweep.rule_set = row.text(2);
    sweep.rule_set_hash = row.text(3);
    sweep.rule_set_text = row.text(4);
    sweep.tuning = row.text(5);
    sweep.hardware_profile = row.text(6);
    sweep.hardware_json = row.text(7);
    sweep.versions_json = row.text(8);
    sweep.seed = static_cast<std::uint64_t>(row.integer(9));
    sweep.created_ns = row.integer(10);
    if (!row.is_null(11)) sweep.max_steps = row.integer(11);
    sweeps.push_back(std::move(sweep));
  }
  return sweeps;
}

std::vector<SubmissionRecord> Store::submissions(std::int64_t sweep) const {
  Statement row(impl_->connection,
                "SELECT name, author, library, library_hash, search_space_json, search_space_hash "
                "FROM sweep_submission WHERE sweep_id = ?1 ORDER BY ordinal, name");
  row.bind_all(sweep);
  std::vector<SubmissionRecord> records;
  while (row.step()) {
    records.push_back(
        {row.text(0), row.text(1), row.text(2), row.text(3), row.text(4), row.text(5)});
  }
  return records;
}

std::vector<WorkloadRecord> Store::workloads(std::int64_t sweep) const {
  Statement row(impl_->connection,
                "SELECT name, base, metric, higher_is_better, validation_target, test_target, "
                "budget_s, evaluation_period_s, step_hint, configuration, configuration_hash, "
                "data_hash FROM sweep_workload WHERE sweep_id = ?1 ORDER BY ordinal, name");
  row.bind_all(sweep);
  std::vector<WorkloadRecord> records;
  while (row.step()) {
    records.push_back({row.text(0),
                       row.text(1),
                       row.text(2),
                       row.integer(3) != 0,
                       row.real(4),
                       row.real(5),
                       row.real(6),
                       row.real(7),
                       row.integer(8),
                       row.text(9),
                       row.text(10),
                       row.text(11),
                       {}});
  }
  if (impl_->has_recorded()) read_tasks(impl_->connection, sweep, records);
  return records;
}

std::vector<TrialRow> Store::trials(std::int64_t sweep) const {
  Statement row(impl_->connection,
                std::string(kTrialColumns) + "WHERE sweep_id = ?1 ORDER BY ordinal, trial_id");
  row.bind_all(sweep);
  std::vector<TrialRow> rows;
  while (row.step()) rows.push_back(read_trial(row));
  return rows;
}

std::optional<TrialRow> Store::trial(const std::string& id) const {
  Statement row(impl_->connection,
                std::string(kTrialColumns) + "WHERE trial_id = ?1 ORDER BY sweep_id LIMIT 1");
  row.bind_all(id);
  if (!row.step()) return std::nullopt;
  return read_trial(row);
}

std::vector<Evaluation> Store::evaluations(const std::string& trial_id) const {
  Statement row(
      impl_->connection,
      std::string(
          "SELECT e.id, e.step, e.submission_time_s, e.evaluation_time_s, e.checkpoint_time_s, ") +
          "e.total_time_s, e.parameter_hash, m.name, m.value, m.status, " + impl_->data_wait() +
          " FROM v_runs r JOIN attempt a ON a.trial_id = r.trial_id AND a.run = r.run "
          "JOIN evaluation e ON e.attempt_id = a.id LEFT JOIN metric m ON m.evaluation_id = e.id "
          "WHERE r.trial_id = ?1 ORDER BY a.number, e.ordinal, m.name");
  row.bind_all(trial_id);
  std::vector<Evaluation> evaluations;
  std::unordered_map<std::int64_t, std::size_t> place_of;
  std::int64_t last = 0;
  while (row.step()) {
    if (evaluations.empty() || row.integer(0) != last) {
      last = row.integer(0);
      place_of[last] = evaluations.size();
      evaluations.push_back(read_evaluation(row));
    }
    if (!row.is_null(7)) evaluations.back().metrics[row.text(7)] = read_metric(row, 8, 9);
  }
  if (impl_->has_recorded()) {
    Statement recorded(impl_->connection,
                       "SELECT e.id, d.name, d.value, d.status "
                       "FROM v_runs r JOIN attempt a ON a.trial_id = r.trial_id AND a.run = r.run "
                       "JOIN evaluation e ON e.attempt_id = a.id "
                       "JOIN recorded d ON d.evaluation_id = e.id WHERE r.trial_id = ?1");
    recorded.bind_all(trial_id);
    while (recorded.step()) {
      auto& values = evaluations.at(place_of.at(recorded.integer(0))).recorded;
      values[recorded.text(1)] = read_metric(recorded, 2, 3);
    }
  }
  return evaluations;
}

std::unordered_map<std::string, Evaluation> Store::last_evaluations(std::int64_t sweep) const {
  std::unordered_map<std::string, Evaluation> result;
  // Metrics and recorded values are tables of one form.
  const auto read = [&](const char* table, std::map<std::string, double> Evaluation::*values) {
    Statement row(impl_->connection,
                  "SELECT e.id, e.step, e.submission_time_s, e.evaluation_time_s, "
                  "e.checkpoint_time_s, e.total_time_s, e.parameter_hash, m.name, m.value, "
                  "m.status, " +
                      impl_->data_wait() +
                      ", l.trial_id FROM ("
                      "SELECT st.trial_id, (SELECT e.id FROM attempt a "
                      "JOIN evaluation e ON e.attempt_id = a.id "
                      "WHERE a.trial_id = r.trial_id AND a.run = r.run "
                      "ORDER BY a.number DESC, e.ordinal DESC LIMIT 1) AS last "
                      "FROM sweep_trial st JOIN v_runs r ON r.trial_id = st.trial_id "
                      "WHERE st.sweep_id = ?1) l "
                      "JOIN evaluation e ON e.id = l.last JOIN " +
                      table + " m ON m.evaluation_id = e.id");
    row.bind_all(sweep);
    while (row.step()) {
      const auto place = result.try_emplace(row.text(11), read_evaluation(row)).first;
      (place->second.*values)[row.text(7)] = read_metric(row, 8, 9);
    }
  };
  read("metric", &Evaluation::metrics);
  if (impl_->has_recorded()) read("recorded", &Evaluation::recorded);
  return result;
}

std::unordered_map<std::string, std::vector<ScoredEvaluation>> Store::scored_evaluations(
    std::int64_t sweep) const {
  Statement row(
      impl_->connection,
      "SELECT t.id, e.step, e.submission_time_s, e.evaluation_time_s, m.value, m.status, " +
          impl_->data_wait() +
          " FROM sweep_trial st JOIN trial t ON t.id = st.trial_id "
          "JOIN sweep_workload w ON w.sweep_id = st.sweep_id AND w.name = t.workload "
          "JOIN v_runs r ON r.trial_id = t.id "
          "JOIN attempt a ON a.trial_id = t.id AND a.run = r.run "
          "JOIN evaluation e ON e.attempt_id = a.id "
          "LEFT JOIN metric m ON m.evaluation_id = e.id "
          "AND m.name = 'validation/' || w.metric "
          "WHERE st.sweep_id = ?1 ORDER BY st.ordinal, t.id, a.number, e.ordinal");
  row.bind_all(sweep);
  std::unordered_map<std::string, std::vector<ScoredEvaluation>> evaluations;
  while (row.step()) {
    evaluations[row.text(0)].push_back(
        {.step = row.integer(1),
         .submission_time_s = row.real(2),
         .evaluation_time_s = row.real(3),
         .value = read_metric(row, 4, 5),
         .data_wait_s = row.is_null(6) ? std::nullopt : std::optional(row.real(6))});
  }
  return evaluations;
}

std::vector<Checkpoint> Store::checkpoints(const std::string& trial_id) const {
  Statement row(impl_->connection,
                "SELECT c.file, c.hash, c.step, c.submission_time_s, c.duration_s "
                "FROM v_runs r JOIN attempt a ON a.trial_id = r.trial_id AND a.run = r.run "
                "JOIN checkpoint c ON c.attempt_id = a.id "
                "WHERE r.trial_id = ?1 ORDER BY a.number DESC, c.ordinal DESC");
  row.bind_all(trial_id);
  std::vector<Checkpoint> checkpoints;
  while (row.step()) {
    checkpoints.push_back({row.text(0), row.text(1), row.integer(2), row.real(3), row.real(4)});
  }
  return checkpoints;
}

std::vector<Attempt> Store::attempts(const std::string& trial_id) const {
  Statement row(impl_->connection,
                "SELECT a.id, a.trial_id, a.number, a.started_ns, a.init_time_s, a.start_time_s, "
                "a.start_step, a.host_json "
                "FROM v_runs r JOIN attempt a ON a.trial_id = r.trial_id AND a.run = r.run "
                "WHERE r.trial_id = ?1 ORDER BY a.number");
  row.bind_all(trial_id);
  std::vector<Attempt> attempts;
  while (row.step()) {
    attempts.push_back({row.integer(0), row.text(1), static_cast<int>(row.integer(2)),
                        row.integer(3), row.real(4), row.real(5), row.integer(6), row.text(7)});
  }
  return attempts;
}

std::vector<std::string> Store::machine_classes(std::int64_t sweep) const {
  Statement row(impl_->connection,
                "SELECT DISTINCT json_extract(a.host_json, '$.machine_class') AS machine "
                "FROM sweep_trial st JOIN v_runs r ON r.trial_id = st.trial_id "
                "JOIN attempt a ON a.trial_id = r.trial_id AND a.run = r.run "
                "WHERE st.sweep_id = ?1 AND a.host_json <> '' AND machine IS NOT NULL ORDER BY 1");
  row.bind_all(sweep);
  std::vector<std::string> machines;
  while (row.step()) machines.push_back(row.text(0));
  return machines;
}

std::int64_t Store::trials_without_sandbox(std::int64_t sweep) const {
  Statement row(impl_->connection,
                "SELECT COUNT(DISTINCT st.trial_id) "
                "FROM sweep_trial st JOIN v_runs r ON r.trial_id = st.trial_id "
                "JOIN attempt a ON a.trial_id = r.trial_id AND a.run = r.run "
                "WHERE st.sweep_id = ?1 AND a.host_json <> '' "
                "AND json_extract(a.host_json, '$.sandbox') = 'none'");
  row.bind_all(sweep);
  return row.step() ? row.integer(0) : 0;
}

}  // namespace timetrial::store
