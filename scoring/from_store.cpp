#include "scoring/from_store.h"

#include "harness/store/imported.h"
#include "harness/trial/error.h"
#include "harness/trial/suggest.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace timetrial::scoring {
namespace {

std::map<std::string, std::string> read_versions(const store::Sweep& sweep) {
  std::map<std::string, std::string> versions;
  if (sweep.versions_json.empty()) return versions;
  const auto json = nlohmann::json::parse(sweep.versions_json, nullptr, false);
  if (!json.is_object()) {
    throw InputError(fmt::format(
        "sweep '{}': its versions are no JSON object; run `timetrial store check`", sweep.name));
  }
  for (const auto& [name, value] : json.items()) {
    versions[name] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return versions;
}

Provenance read_provenance(const store::Store& store, const store::Sweep& sweep) {
  return {.sweep = sweep.name,
          .rule_set = sweep.rule_set,
          .rule_set_hash = sweep.rule_set_hash,
          .tuning = sweep.tuning,
          .hardware_profile = sweep.hardware_profile,
          .store_hash = store.content_hash(),
          .versions = read_versions(sweep),
          .created_ns = sweep.created_ns,
          .max_steps = sweep.max_steps};
}

/// In order of time: a resumed trial may repeat steps.
std::vector<CurvePoint> curve_of(const std::vector<store::ScoredEvaluation>& evaluations) {
  std::vector<CurvePoint> curve;
  curve.reserve(evaluations.size());
  for (const auto& evaluation : evaluations) {
    curve.push_back({.submission_time_s = evaluation.submission_time_s,
                     .step = evaluation.step,
                     .value = evaluation.value,
                     .row = static_cast<std::int32_t>(curve.size())});
  }
  std::stable_sort(curve.begin(), curve.end(), [](const CurvePoint& a, const CurvePoint& b) {
    return a.submission_time_s < b.submission_time_s;
  });
  return curve;
}

TrialResult read_trial(const store::TrialRow& row,
                       const std::vector<store::ScoredEvaluation>& evaluations) {
  TrialResult trial;
  trial.trial = row.trial.key.trial;
  trial.point = row.trial.point;
  trial.outcome = row.outcome;
  trial.submission_time_s = row.submission_time_s;
  for (const auto& evaluation : evaluations) {
    trial.evaluation_time_s = std::max(trial.evaluation_time_s, evaluation.evaluation_time_s);
  }
  trial.curve = curve_of(evaluations);
  if (!evaluations.empty() && evaluations.back().data_wait_s &&
      evaluations.back().submission_time_s > 0) {
    trial.data_wait = *evaluations.back().data_wait_s / evaluations.back().submission_time_s;
  }
  return trial;
}

TrialResult read_trial(const store::ImportedCurve& imported, SharedPoint point) {
  TrialResult trial;
  trial.trial = imported.trial;
  trial.point = std::move(point);
  trial.outcome = Outcome{imported.kind, std::string(imported.reason), imported.step,
                          imported.submission_time_s};
  trial.submission_time_s = imported.submission_time_s;
  trial.evaluation_time_s = imported.evaluation_time_s;
  trial.curve.resize(imported.curve.rows);
  for (std::size_t row = 0; row < imported.curve.rows; ++row) {
    trial.curve[row] = {.submission_time_s = imported.curve.time(row),
                        .step = imported.curve.step(row),
                        .value = imported.curve.value(row),
                        .row = imported.curve.place(row)};
  }
  return trial;
}

/// Trials come by submission, workload, study and number: each belongs to the last cell or a new
/// one.
void read_imported(const store::Store& store, const store::Sweep& sweep,
                   const store::ImportedTerms& terms, Results& results) {
  results.planned_studies = terms.planned_studies;
  results.remarks = terms.remarks;
  std::unordered_map<const void*, SharedPoint> points;
  store.imported_curves(sweep.id, [&](const store::ImportedCurve& imported) {
    const auto [point, is_new] = points.try_emplace(imported.point);
    if (is_new) point->second = *imported.point;
    auto& cells = results.cells;
    if (cells.empty() || cells.back().submission != imported.submission ||
        cells.back().workload != imported.workload) {
      cells.push_back({std::string(imported.submission), std::string(imported.workload), {}});
    }
    auto& studies = cells.back().studies;
    if (studies.empty() || studies.back().study != imported.study) {
      studies.push_back({imported.study, {}});
    }
    studies.back().trials.push_back(read_trial(imported, point->second));
  });
  std::sort(results.submissions.begin(), results.submissions.end());
  put_cells_in_order(results);
}

/// Cells and studies in planned order.
class CellBuilder {
 public:
  explicit CellBuilder(std::vector<Cell>& cells) : cells_(cells) {}

  StudyResult& study(const TrialKey& key) {
    const auto [cell_at, new_cell] =
        cell_of_.try_emplace({key.submission, key.workload}, cells_.size());
    if (new_cell) cells_.push_back({key.submission, key.workload, {}});
    auto& studies = cells_[cell_at->second].studies;
    const auto [study_at, new_study] =
        study_of_.try_emplace({key.submission, key.workload, key.study}, studies.size());
    if (new_study) studies.push_back({key.study, {}});
    return studies[study_at->second];
  }

 private:
  std::vector<Cell>& cells_;
  std::map<std::pair<std::string, std::string>, std::size_t> cell_of_;
  std::map<std::tuple<std::string, std::string, int>, std::size_t> study_of_;
};

/// Trial ids of the sweep's quarantined trials, which are listed in the results.
std::set<std::string> read_quarantined(const store::Store& store, const store::Sweep& sweep,
                                       Results& results) {
  std::set<std::string> ids;
  for (const auto& row : store.quarantines()) {
    if (row.sweep_id != sweep.id || !row.quarantined) continue;
    ids.insert(row.trial_id);
    results.quarantined.push_back({row.key, row.reason});
  }
  return ids;
}

/// The kinds of machine that the trials ran on: as attempts noted it, else as the sweep says.
void read_machines(const store::Store& store, const store::Sweep& sweep, Provenance& provenance) {
  auto& profiles = provenance.hardware_profiles;
  profiles = store.machine_classes(sweep.id);
  if (profiles.empty()) profiles = {sweep.hardware_profile};
  if (profiles == std::vector{sweep.hardware_profile}) return;
  provenance.hardware_profile = fmt::format("{}", fmt::join(profiles, " + "));
  provenance.intended_profile = sweep.hardware_profile;
}

void note_sandbox(const store::Store& store, const store::Sweep& sweep, Results& results) {
  const auto trials = store.trials_without_sandbox(sweep.id);
  if (trials == 0) return;
  results.remarks.push_back(
      fmt::format("{} ran without a sandbox (--sandbox=none): nothing but the submission's word "
                  "says that its training was its own.",
                  trials == 1 ? "1 trial" : fmt::format("{} trials", trials)));
}

void read_own_runs(const store::Store& store, const store::Sweep& sweep, Results& results) {
  note_sandbox(store, sweep, results);
  const auto quarantined = read_quarantined(store, sweep, results);
  const auto evaluations = store.scored_evaluations(sweep.id);
  const std::vector<store::ScoredEvaluation> none;
  std::map<std::string, double> budgets;
  CellBuilder cells(results.cells);
  for (const auto& row : store.trials(sweep.id)) {
    const auto& key = row.trial.key;
    results.planned_studies = std::max(results.planned_studies, key.study + 1);
    budgets[key.workload] = row.trial.budget_s;  // the workload's, with the self-tuning factor
    if (!results.counts_quarantined && quarantined.contains(row.trial.id)) continue;
    const auto found = evaluations.find(row.trial.id);
    cells.study(key).trials.push_back(
        read_trial(row, found == evaluations.end() ? none : found->second));
  }
  for (auto& workload : results.workloads) {
    const auto budget = budgets.find(workload.name);
    if (budget != budgets.end()) workload.budget_s = budget->second;
  }
}

}  // namespace

ChosenSweep choose_sweep(const store::Store& store, const std::optional<std::string>& name,
                         const std::string& place) {
  auto sweeps = store.sweeps();
  if (sweeps.empty()) {
    throw InputError(fmt::format(
        "{}: holds no sweep; run one with `timetrial sweep start` or name another --store", place));
  }
  if (!name) {
    auto newest = std::max_element(sweeps.begin(), sweeps.end(), [](const auto& a, const auto& b) {
      return std::pair(a.created_ns, a.id) < std::pair(b.created_ns, b.id);
    });
    return {*newest, sweeps.size() - 1};
  }
  std::vector<std::string> known;
  for (auto& sweep : sweeps) {
    if (sweep.name == *name) return {sweep, sweeps.size() - 1};
    known.push_back(sweep.name);
  }
  throw InputError(fmt::format("{}: {}", place, unknown_name("sweep", *name, known)));
}

Results read_results(const store::Store& store, const store::Sweep& sweep,
                     Quarantined quarantined) {
  Results results;
  results.counts_quarantined = quarantined == Quarantined::counted;
  results.provenance = read_provenance(store, sweep);
  read_machines(store, sweep, results.provenance);
  for (const auto& record : store.submissions(sweep.id)) results.submissions.push_back(record.name);
  const auto imported = store.imported(sweep.id);
  for (const auto& w : store.workloads(sweep.id)) {
    results.workloads.push_back(
        {.name = w.name,
         .base = imported ? w.base : "",  // own runs have no held-out variants
         .metric = w.metric,
         .higher_is_better = w.higher_is_better,
         .validation_target = w.validation_target,
         .budget_s = w.budget_s});
  }
  if (imported) {
    results.provenance.versions.clear();  // of one trial: the others ran other commits
    read_imported(store, sweep, *imported, results);
  } else {
    read_own_runs(store, sweep, results);
  }
  return results;
}

void put_cells_in_order(Results& results) {
  std::map<std::string_view, std::size_t> place;
  for (const auto& workload : results.workloads) place.emplace(workload.name, place.size());
  std::sort(results.cells.begin(), results.cells.end(), [&](const Cell& a, const Cell& b) {
    return std::pair(std::string_view(a.submission), place.at(a.workload)) <
           std::pair(std::string_view(b.submission), place.at(b.workload));
  });
}

}  // namespace timetrial::scoring
