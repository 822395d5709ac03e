#include "scoring/from_store.h"

#include "harness/trial/error.h"
#include "harness/trial/suggest.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>
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

std::vector<CurvePoint> curve_of(const std::vector<Evaluation>& evaluations,
                                 const std::string& metric) {
  const std::string key = "validation/" + metric;
  std::vector<CurvePoint> curve;
  for (const auto& evaluation : evaluations) {
    const auto value = evaluation.metrics.find(key);
    curve.push_back({.submission_time_s = evaluation.submission_time_s,
                     .step = evaluation.step,
                     .value = value == evaluation.metrics.end()
                                  ? std::numeric_limits<double>::quiet_NaN()
                                  : value->second,
                     .row = static_cast<std::int32_t>(curve.size())});
  }
  std::stable_sort(curve.begin(), curve.end(), [](const CurvePoint& a, const CurvePoint& b) {
    return a.submission_time_s < b.submission_time_s;
  });
  return curve;
}

TrialResult read_trial(const store::Store& store, const store::TrialRow& row,
                       const std::string& metric) {
  TrialResult trial;
  trial.trial = row.trial.key.trial;
  trial.point = row.trial.point;
  trial.outcome = row.outcome;
  trial.submission_time_s = row.submission_time_s;
  const auto evaluations = store.evaluations(row.trial.id);
  for (const auto& evaluation : evaluations) {
    trial.evaluation_time_s = std::max(trial.evaluation_time_s, evaluation.evaluation_time_s);
  }
  trial.curve = curve_of(evaluations, metric);
  return trial;
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

Results read_results(const store::Store& store, const store::Sweep& sweep) {
  Results results;
  results.provenance = read_provenance(store, sweep);
  for (const auto& record : store.submissions(sweep.id)) results.submissions.push_back(record.name);
  std::map<std::string, WorkloadTerms> terms;
  for (const auto& w : store.workloads(sweep.id)) {
    results.workloads.push_back({.name = w.name,
                                 .base = "",
                                 .metric = w.metric,
                                 .higher_is_better = w.higher_is_better,
                                 .validation_target = w.validation_target,
                                 .budget_s = w.budget_s});
    terms[w.name] = results.workloads.back();
  }
  CellBuilder cells(results.cells);
  for (const auto& row : store.trials(sweep.id)) {
    const auto& key = row.trial.key;
    results.planned_studies = std::max(results.planned_studies, key.study + 1);
    auto& of_workload = terms.at(key.workload);
    of_workload.budget_s = row.trial.budget_s;  // the workload's, with the self-tuning factor
    cells.study(key).trials.push_back(read_trial(store, row, of_workload.metric));
  }
  for (auto& workload : results.workloads) workload.budget_s = terms[workload.name].budget_s;
  return results;
}

}  // namespace timetrial::scoring
