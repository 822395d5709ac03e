// Planning: sweeps, their submissions and workloads, and the trials they consist of.
#include "harness/store/impl.h"
#include "harness/store/imported.h"
#include "harness/trial/error.h"
#include "harness/trial/suggest.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

namespace timetrial::store {
namespace {

template <typename Record>
std::vector<std::string> names_of(const std::vector<Record>& records) {
  std::vector<std::string> names;
  for (const auto& record : records) names.push_back(record.name);
  return names;
}

/// What differs between the records of two sweeps; an empty text when nothing does.
template <typename Record>
std::string difference_of(const std::string& kind, const std::vector<Record>& a,
                          const std::vector<Record>& b) {
  auto a_names = names_of(a), b_names = names_of(b);
  std::sort(a_names.begin(), a_names.end());
  std::sort(b_names.begin(), b_names.end());
  if (a_names != b_names) return kind + "s";
  for (const auto& x : a) {
    const auto y =
        std::find_if(b.begin(), b.end(), [&](const Record& r) { return r.name == x.name; });
    const auto field = difference(x, *y);
    if (!field.empty()) return fmt::format("{} of {} {}", field, kind, x.name);
  }
  return "";
}

/// Each trial must belong to the sweep's records and carry the id that these give it.
void check_trials(const Sweep& sweep, const std::vector<SubmissionRecord>& submissions,
                  const std::vector<WorkloadRecord>& workloads, const std::vector<Trial>& trials) {
  std::unordered_map<std::string, const SubmissionRecord*> submission_of;
  std::unordered_map<std::string, const WorkloadRecord*> workload_of;
  for (const auto& record : submissions) submission_of[record.name] = &record;
  for (const auto& record : workloads) workload_of[record.name] = &record;
  for (const auto& trial : trials) {
    const auto submission = submission_of.find(trial.key.submission);
    const auto workload = workload_of.find(trial.key.workload);
    if (submission == submission_of.end() || workload == workload_of.end()) {
      throw StoreError(to_string(trial.key) + ": its submission or workload is not of the sweep");
    }
    if (trial.id != trial_id(sweep, *submission->second, *workload->second, trial)) {
      throw StoreError(to_string(trial.key) + ": its id is not the hash that identifies it");
    }
  }
}

void insert(Connection& connection, const Sweep& sweep) {
  Statement(connection, "INSERT INTO sweep VALUES (NULL,?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)")
      .run(sweep.name, sweep.rule_set, sweep.rule_set_hash, sweep.rule_set_text, sweep.tuning,
           sweep.hardware_profile, sweep.hardware_json, sweep.versions_json, sweep.seed,
           sweep.created_ns, sweep.max_steps);
}

void insert(Connection& connection, std::int64_t sweep,
            const std::vector<SubmissionRecord>& submissions) {
  Statement statement(connection, "INSERT INTO sweep_submission VALUES (?1,?2,?3,?4,?5,?6,?7,?8)");
  std::int64_t ordinal = 0;
  for (const auto& r : submissions) {
    statement.run(sweep, ordinal++, r.name, r.author, r.library, r.library_hash,
                  r.search_space_json, r.search_space_hash);
  }
}

void insert(Connection& connection, std::int64_t sweep, const std::string& workload,
            const std::vector<TaskRecord>& tasks) {
  std::int64_t ordinal = 0;
  for (const auto& task : tasks) {
    Statement(connection, "INSERT INTO sweep_task VALUES (?1,?2,?3,?4,?5,?6,?7)")
        .run(sweep, workload, ordinal++, task.name, task.metric, task.higher_is_better,
             task.validation_target);
  }
}

void insert(Connection& connection, std::int64_t sweep,
            const std::vector<WorkloadRecord>& workloads) {
  Statement statement(
      connection,
      "INSERT INTO sweep_workload VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)");
  std::int64_t ordinal = 0;
  for (const auto& r : workloads) {
    statement.run(sweep, ordinal++, r.name, r.base, r.metric, r.higher_is_better,
                  r.validation_target, r.test_target, r.budget_s, r.evaluation_period_s,
                  r.step_hint, r.configuration, r.configuration_hash, r.data_hash);
    insert(connection, sweep, r.name, r.tasks);
  }
}

/// A trial that an equal sweep has planned before is shared with it.
void insert(Connection& connection, std::int64_t sweep, const std::vector<Trial>& trials) {
  Statement trial(connection,
                  "INSERT INTO trial SELECT ?1,?2,?3,?4,?5,?6,?7,?8 "
                  "WHERE NOT EXISTS (SELECT 1 FROM trial WHERE id = ?1)");
  Statement member(connection, "INSERT INTO sweep_trial VALUES (?1,?2,?3)");
  std::int64_t ordinal = 0;
  for (const auto& t : trials) {
    trial.run(t.id, t.key.submission, t.key.workload, t.key.study, t.key.trial, to_json(t.point),
              t.seed, t.budget_s);
    member.run(sweep, ordinal++, t.id);
  }
}

std::set<std::string> ids_of(Connection& connection, std::int64_t sweep) {
  Statement statement(connection, "SELECT trial_id FROM sweep_trial WHERE sweep_id = ?1");
  statement.bind_all(sweep);
  std::set<std::string> ids;
  while (statement.step()) ids.insert(statement.text(0));
  return ids;
}

std::set<std::string> ids_of(const std::vector<Trial>& trials) {
  std::set<std::string> ids;
  for (const auto& trial : trials) ids.insert(trial.id);
  return ids;
}

}  // namespace

std::string to_json(const std::map<std::string, double>& point) {
  for (const auto& [name, value] : point) {
    if (!std::isfinite(value)) throw StoreError("hyperparameter " + name + " is not finite");
  }
  return nlohmann::json(point).dump();
}

std::map<std::string, double> point_from_json(const std::string& json) {
  return nlohmann::json::parse(json).get<std::map<std::string, double>>();
}

std::string difference(const Sweep& a, const Sweep& b) {
  if (a.rule_set != b.rule_set) return "rule_set";
  if (a.rule_set_hash != b.rule_set_hash) return "rule_set_hash";
  if (a.tuning != b.tuning) return "tuning";
  if (a.hardware_profile != b.hardware_profile) return "hardware_profile";
  if (a.seed != b.seed) return "seed";
  if (a.max_steps != b.max_steps) return "max_steps";
  return "";
}

std::string difference(const SubmissionRecord& a, const SubmissionRecord& b) {
  if (a.library_hash != b.library_hash) return "library_hash";
  if (a.search_space_hash != b.search_space_hash) return "search_space_hash";
  return "";
}

std::string difference(const WorkloadRecord& a, const WorkloadRecord& b) {
  if (a.configuration_hash != b.configuration_hash) return "configuration_hash";
  if (a.data_hash != b.data_hash) return "data_hash";
  if (a.metric != b.metric) return "metric";
  if (a.tasks != b.tasks) return "tasks";
  if (a.validation_target != b.validation_target) return "validation_target";
  if (a.test_target != b.test_target) return "test_target";
  if (a.budget_s != b.budget_s) return "budget_s";
  if (a.evaluation_period_s != b.evaluation_period_s) return "evaluation_period_s";
  return "";
}

std::int64_t insert_sweep(Connection& connection, const Sweep& sweep,
                          const std::vector<SubmissionRecord>& submissions,
                          const std::vector<WorkloadRecord>& workloads) {
  insert(connection, sweep);
  const std::int64_t id = connection.last_id();
  insert(connection, id, submissions);
  insert(connection, id, workloads);
  return id;
}

std::int64_t Store::add_sweep(const Sweep& sweep, const std::vector<SubmissionRecord>& submissions,
                              const std::vector<WorkloadRecord>& workloads,
                              const std::vector<Trial>& trials) {
  check_trials(sweep, submissions, workloads, trials);
  auto& connection = impl_->connection;
  impl_->expect_full();
  Transaction transaction(connection);
  for (const auto& known : this->sweeps()) {
    if (known.name != sweep.name) continue;
    auto differing = difference(known, sweep);
    if (differing.empty()) {
      differing = difference_of("submission", this->submissions(known.id), submissions);
    }
    if (differing.empty()) {
      differing = difference_of("workload", this->workloads(known.id), workloads);
    }
    if (differing.empty() && ids_of(connection, known.id) != ids_of(trials)) differing = "trials";
    if (differing.empty() && imported(known.id)) differing = "it was imported";
    if (differing.empty()) return known.id;
    throw InputError(
        fmt::format("{}: sweep '{}' exists and differs ({}); resume it, or give the "
                    "new one another name",
                    connection.file().string(), sweep.name, differing));
  }
  const std::int64_t id = insert_sweep(connection, sweep, submissions, workloads);
  insert(connection, id, trials);
  transaction.commit();
  return id;
}

}  // namespace timetrial::store
