#include "harness/sweep/recorded_trial.h"

#include "harness/store/imported.h"
#include "harness/store/kept_evaluations.h"
#include "harness/trial/error.h"
#include "harness/trial/suggest.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace timetrial::sweep {
namespace {

constexpr std::size_t kShortestPrefix = 4;

struct Candidate {
  store::TrialRow row;
  store::Sweep sweep;
  bool imported = false;
};

bool is_named(const store::Trial& trial, const std::string& words) {
  if (words.find('/') == std::string::npos) {
    return words.size() >= kShortestPrefix && trial.id.starts_with(words);
  }
  const auto& key = trial.key;
  const auto cell = key.submission + "/" + key.workload;
  const auto study = fmt::format("{}/{}", cell, key.study);
  return words == cell || words == study || words == fmt::format("{}/{}", study, key.trial);
}

std::vector<Candidate> candidates(const store::Store& store, const std::string& words,
                                  const std::optional<std::string>& only) {
  std::vector<Candidate> found;
  std::vector<std::string> names;
  for (const auto& sweep : store.sweeps()) {
    names.push_back(sweep.name);
    if (only && sweep.name != *only) continue;
    const bool imported = store.imported(sweep.id).has_value();
    for (auto& row : store.trials(sweep.id)) {
      if (!is_named(row.trial, words)) continue;
      const bool known = std::any_of(found.begin(), found.end(), [&](const Candidate& other) {
        return other.row.trial.id == row.trial.id;  // of another sweep of equal terms
      });
      if (!known) found.push_back({std::move(row), sweep, imported});
    }
  }
  if (only && std::find(names.begin(), names.end(), *only) == names.end()) {
    throw InputError(unknown_name("sweep", *only, names));
  }
  return found;
}

Candidate only_one(const std::vector<Candidate>& found, const std::string& words) {
  if (found.empty()) {
    throw InputError(
        fmt::format("no trial '{}' in the store; give its id, the first {} characters or more of "
                    "it, or submission/workload/study/trial; see: timetrial store query --sql "
                    "'SELECT trial_id, submission, workload, study, trial FROM v_trials'",
                    words, kShortestPrefix));
  }
  if (found.size() == 1) return found.front();
  std::string list;
  for (const auto& candidate : found) {
    list += fmt::format("{}{} ({}, sweep {})", list.empty() ? "" : "; ",
                        candidate.row.trial.id.substr(0, 12), to_string(candidate.row.trial.key),
                        candidate.sweep.name);
  }
  throw InputError(
      fmt::format("'{}' names {} trials; give more of one's id: {}", words, found.size(), list));
}

template <typename Record>
Record named(const std::vector<Record>& records, const std::string& name) {
  const auto found = std::find_if(records.begin(), records.end(),
                                  [&](const Record& record) { return record.name == name; });
  if (found == records.end()) {
    throw InputError("the store has no record of '" + name + "'; run: timetrial store check");
  }
  return *found;
}

}  // namespace

RecordedTrial find_recorded_trial(const store::Store& store, const std::string& words,
                                  const std::optional<std::string>& sweep) {
  const Candidate found = only_one(candidates(store, words, sweep), words);
  const auto& trial = found.row.trial;
  if (found.imported) {
    throw InputError(
        fmt::format("{} was imported from logs: nothing is known that it could be run "
                    "from; choose a trial that Timetrial ran",
                    to_string(trial.key)));
  }
  RecordedTrial record;
  record.row = found.row;
  record.sweep = found.sweep;
  record.submission = named(store.submissions(found.sweep.id), trial.key.submission);
  record.workload = named(store.workloads(found.sweep.id), trial.key.workload);
  record.attempts = store.attempts(trial.id);
  const auto evaluations = store.evaluations(trial.id);
  record.evaluations = store::kept_evaluations(evaluations, record.attempts);
  record.undone = evaluations.size() - record.evaluations.size();
  if (record.evaluations.empty()) {
    throw InputError(
        fmt::format("{} was never evaluated: there is nothing to compare with; run it "
                    "with: timetrial resume",
                    to_string(trial.key)));
  }
  return record;
}

Machinery machinery_of(const store::Attempt& attempt) {
  const auto host = nlohmann::json::parse(attempt.host_json, nullptr, false);
  if (!host.is_object() || !host.contains("device") || !host.contains("threads") ||
      !host["device"].is_string() || !host["threads"].is_number_integer()) {
    throw InputError(
        fmt::format("attempt {} of trial {} does not say on which device and how many "
                    "threads it ran; run: timetrial store check",
                    attempt.number, attempt.trial_id.substr(0, 12)));
  }
  return {host["device"].get<std::string>(), host["threads"].get<std::int64_t>()};
}

}  // namespace timetrial::sweep
