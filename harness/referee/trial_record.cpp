#include "harness/referee/trial_record.h"

#include "harness/trial/error.h"
#include "harness/trial/sha256.h"
#include "workloads/workload.h"

#include <algorithm>

namespace timetrial::referee {
namespace {

template <typename Record>
Record named(const std::vector<Record>& records, const std::string& name) {
  const auto found = std::find_if(records.begin(), records.end(),
                                  [&](const Record& record) { return record.name == name; });
  if (found == records.end()) {
    throw InputError("the store has no record of '" + name + "'; run: timetrial store check");
  }
  return *found;
}

void check_unchanged(const TrialRecord& record) {
  const auto& submission = record.submission;
  if (sha256_of_file(submission.library) != submission.library_hash) {
    throw InputError(submission.library + ": not the library that sweep '" + record.sweep.name +
                     "' was planned with (its SHA-256 differs); restore it, or plan a new sweep");
  }
  const std::string configuration = workloads::find(record.workload.name).make()->configuration();
  if (sha256_hex(configuration) != record.workload.configuration_hash) {
    throw InputError("workload '" + record.workload.name +
                     "' is configured differently from what " + "sweep '" + record.sweep.name +
                     "' was planned with; plan a new sweep");
  }
}

}  // namespace

TrialRecord load_trial(const store::Store& store, const std::string& trial_id) {
  TrialRecord record;
  const auto row = store.trial(trial_id);
  if (!row) throw InputError("the store has no trial '" + trial_id + "'");
  record.row = *row;
  for (const auto& sweep : store.sweeps()) {
    if (sweep.id == row->sweep_id) record.sweep = sweep;
  }
  record.submission = named(store.submissions(row->sweep_id), row->trial.key.submission);
  record.workload = named(store.workloads(row->sweep_id), row->trial.key.workload);
  record.rule_set = rulesets::parse(record.sweep.rule_set_text, record.sweep.rule_set);
  record.rules = record.rule_set.at(record.workload.name);
  record.attempts = store.attempts(trial_id);
  record.earlier = store.evaluations(trial_id);
  check_unchanged(record);
  return record;
}

}  // namespace timetrial::referee
