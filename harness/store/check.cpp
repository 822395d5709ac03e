#include "harness/store/impl.h"
#include "harness/store/imported.h"
#include "harness/trial/error.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <span>
#include <unordered_map>
#include <utility>

namespace timetrial::store {
namespace {

struct Invariant {
  const char* problem;  ///< shown before the first column of each row found
  const char* sql;      ///< selects what breaks it
};

constexpr std::array kInvariants{
    Invariant{"time runs backwards in the evaluations of trial",
              "SELECT DISTINCT trial_id FROM (SELECT a.trial_id, e.submission_time_s AS now, "
              "LAG(e.submission_time_s) OVER (PARTITION BY a.trial_id, a.run "
              "ORDER BY a.number, e.ordinal) AS before "
              "FROM attempt a JOIN evaluation e ON e.attempt_id = a.id) WHERE now < before"},
    Invariant{"attempts are missing in trial",
              "SELECT trial_id FROM attempt GROUP BY trial_id, run "
              "HAVING COUNT(*) <> MAX(number) + 1"},
    Invariant{"a trial belongs to no sweep:",
              "SELECT id FROM trial WHERE id NOT IN (SELECT trial_id FROM sweep_trial)"},
};

constexpr std::array kQuarantineInvariants{
    Invariant{"a quarantine is of no run of trial",
              "SELECT DISTINCT trial_id FROM quarantine q WHERE NOT EXISTS "
              "(SELECT 1 FROM attempt a WHERE a.trial_id = q.trial_id AND a.run = q.run)"},
    Invariant{"a quarantine is lifted that never was, of trial",
              "SELECT DISTINCT trial_id FROM quarantine q WHERE action = 'lift' AND NOT EXISTS "
              "(SELECT 1 FROM quarantine o WHERE o.trial_id = q.trial_id AND o.run = q.run "
              "AND o.action = 'add' AND o.recorded_ns <= q.recorded_ns)"},
};

void check_sqlite(Connection& connection, std::vector<std::string>& problems) {
  Statement pages(connection, "PRAGMA integrity_check");
  while (pages.step()) {
    std::string finding = pages.text(0);
    std::replace(finding.begin(), finding.end(), '\n', ' ');  // a problem is one line
    if (finding != "ok") problems.push_back("damaged: " + finding);
  }
  Statement keys(connection, "PRAGMA foreign_key_check");
  while (keys.step()) {
    problems.push_back(fmt::format("row {} of {} points to nothing in {}", keys.text(1),
                                   keys.text(0), keys.text(2)));
  }
}

void check_invariants(Connection& connection, std::span<const Invariant> invariants,
                      std::vector<std::string>& problems) {
  for (const auto& invariant : invariants) {
    Statement row(connection, invariant.sql);
    while (row.step()) problems.push_back(fmt::format("{} {}", invariant.problem, row.text(0)));
  }
}

template <typename Record>
std::unordered_map<std::string, Record> by_name(const std::vector<Record>& records) {
  std::unordered_map<std::string, Record> map;
  for (const auto& record : records) map[record.name] = record;
  return map;
}

/// Every trial's id must still be the hash of what identifies it.
void check_ids(const Store& store, std::vector<std::string>& problems) {
  for (const auto& sweep : store.sweeps()) {
    if (store.imported(sweep.id)) continue;  // their ids are made in another way
    const auto submissions = by_name(store.submissions(sweep.id));
    const auto workloads = by_name(store.workloads(sweep.id));
    for (const auto& row : store.trials(sweep.id)) {
      const auto submission = submissions.find(row.trial.key.submission);
      const auto workload = workloads.find(row.trial.key.workload);
      if (submission == submissions.end() || workload == workloads.end() ||
          trial_id(sweep, submission->second, workload->second, row.trial) != row.trial.id) {
        problems.push_back(fmt::format("trial {} ({}, sweep {}) is not what its id says",
                                       row.trial.id, to_string(row.trial.key), sweep.name));
      }
    }
  }
}

}  // namespace

std::vector<std::string> Store::check() const {
  std::vector<std::string> problems;
  try {
    check_sqlite(impl_->connection, problems);
    if (!problems.empty()) return problems;  // what follows would trip over them
    check_invariants(impl_->connection, kInvariants, problems);
    if (impl_->has_quarantine()) {
      check_invariants(impl_->connection, kQuarantineInvariants, problems);
    }
    check_ids(*this, problems);
    if (impl_->has_imports()) {
      for (auto& problem : imported_problems(impl_->connection)) {
        problems.push_back(std::move(problem));
      }
    }
  } catch (const InputError& error) {
    problems.emplace_back(error.what());
  }
  return problems;
}

}  // namespace timetrial::store
