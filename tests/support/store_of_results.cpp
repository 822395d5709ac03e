#include "tests/support/store_of_results.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace timetrial::test {
namespace {

using scoring::Results;
using scoring::TrialResult;

store::Sweep sweep_of(const Results& results) {
  const auto& from = results.provenance;
  store::Sweep sweep;
  sweep.name = from.sweep;
  sweep.rule_set = from.rule_set;
  sweep.rule_set_hash = from.rule_set_hash;
  sweep.rule_set_text = "studies = 1";
  sweep.tuning = from.tuning.empty() ? "external" : from.tuning;
  sweep.hardware_profile = from.hardware_profile;
  sweep.hardware_json = "{}";
  sweep.versions_json = nlohmann::json(from.versions).dump();
  sweep.created_ns = from.created_ns;
  sweep.max_steps = from.max_steps;
  return sweep;
}

store::WorkloadRecord record_of(const scoring::WorkloadTerms& terms) {
  store::WorkloadRecord record;
  record.name = record.base = terms.name;
  record.metric = terms.metric;
  record.higher_is_better = terms.higher_is_better;
  record.validation_target = record.test_target = terms.validation_target;
  record.budget_s = terms.budget_s;
  record.evaluation_period_s = 1;
  record.configuration = terms.name;
  record.configuration_hash = record.data_hash = std::string(64, 'c');
  return record;
}

store::SubmissionRecord record_of(const std::string& name) {
  store::SubmissionRecord record;
  record.name = name;
  record.author = "nobody";
  record.library = name + ".so";
  record.library_hash = record.search_space_hash = std::string(64, 'd');
  record.search_space_json = "{}";
  return record;
}

void run(store::Store& store, const std::string& id, const TrialResult& trial,
         const std::string& metric) {
  store::Attempt attempt;
  attempt.trial_id = id;
  attempt.host_json = "{}";
  const auto run = store.begin_attempt(attempt);
  const auto count = static_cast<double>(trial.curve.size());
  double done = 0;
  for (const auto& point : trial.curve) {
    const double evaluation_time = trial.evaluation_time_s * (++done / count);
    Evaluation evaluation;
    evaluation.step = point.step;
    evaluation.submission_time_s = point.submission_time_s;
    evaluation.evaluation_time_s = evaluation_time;
    evaluation.total_time_s = point.submission_time_s + evaluation_time;
    evaluation.metrics = {{"validation/" + metric, point.value}, {"test/" + metric, point.value}};
    evaluation.parameter_hash = std::string(64, 'e');
    store.add_evaluation(run, evaluation);
  }
  store::AttemptEnd end;
  end.submission_time_s = trial.submission_time_s;
  end.noise_json = "{}";
  store.end_attempt(run, end);
  if (trial.finished()) store.finish_trial(id, *trial.outcome, 1);
}

}  // namespace

void write_to_store(const Results& results, const std::filesystem::path& file) {
  auto store = store::Store::open(file, store::Store::Mode::create);
  const auto sweep = sweep_of(results);
  std::map<std::string, scoring::WorkloadTerms> terms;
  std::vector<store::SubmissionRecord> submissions;
  std::vector<store::WorkloadRecord> workloads;
  for (const auto& name : results.submissions) submissions.push_back(record_of(name));
  for (const auto& workload : results.workloads) {
    workloads.push_back(record_of(workload));
    terms[workload.name] = workload;
  }
  std::vector<store::Trial> planned;
  std::vector<const TrialResult*> trials;
  for (const auto& cell : results.cells) {
    for (const auto& study : cell.studies) {
      for (const auto& trial : study.trials) {
        store::Trial row;
        row.key = {cell.submission, cell.workload, study.study, trial.trial};
        row.point = *trial.point;
        row.budget_s = terms.at(cell.workload).budget_s;
        row.id = store::trial_id(sweep, record_of(cell.submission),
                                 record_of(terms.at(cell.workload)), row);
        planned.push_back(row);
        trials.push_back(&trial);
      }
    }
  }
  store.add_sweep(sweep, submissions, workloads, planned);
  for (std::size_t i = 0; i < planned.size(); ++i) {
    run(store, planned[i].id, *trials[i], terms.at(planned[i].key.workload).metric);
  }
}

}  // namespace timetrial::test
