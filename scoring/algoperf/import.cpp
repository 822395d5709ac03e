#include "scoring/algoperf/import.h"

#include "scoring/algoperf/curve.h"
#include "scoring/algoperf/hparams.h"

#include <functional>
#include <limits>
#include <map>
#include <utility>

namespace timetrial::algoperf {
namespace {

store::ImportedSweep terms_of_sweep(const OpenedLogs& logs, std::int64_t created_ns) {
  store::ImportedSweep terms;
  terms.sweep.name = logs.name;
  terms.sweep.rule_set = logs.rules.name;
  terms.sweep.rule_set_hash = logs.rules.hash;
  terms.sweep.rule_set_text = logs.rules.text;
  terms.sweep.tuning = to_string(logs.tuning);
  terms.sweep.hardware_profile = logs.rules.hardware_profile;
  terms.sweep.hardware_json = hardware_json(logs.known);
  terms.sweep.versions_json = versions_json(logs.known);
  terms.sweep.created_ns = created_ns;
  terms.format = kFormat;
  terms.planned_studies = logs.rules.studies;
  for (const auto& name : logs.submissions) {
    store::SubmissionRecord record;
    record.name = name;
    terms.submissions.push_back(std::move(record));
  }
  for (std::size_t i = 0; i < logs.workloads.size(); ++i) {
    const auto& workload = logs.workloads[i];
    const auto& rules = logs.rules.workloads[i];
    store::WorkloadRecord record;
    record.name = workload.name;
    record.base = workload.base;
    record.metric = workload.metric;
    record.higher_is_better = workload.higher_is_better;
    record.validation_target = workload.validation_target;
    record.test_target = rules.test_target;
    record.budget_s = workload.budget_s;
    record.evaluation_period_s = rules.evaluation_period_s;
    record.step_hint = rules.step_hint;
    terms.workloads.push_back(std::move(record));
  }
  return terms;
}

/// Turns trials of the logs into trials of the store, in memory that is used again.
class Converter {
 public:
  Converter(const OpenedLogs& logs, Findings& findings) : logs_(logs), hparams_(findings) {
    for (std::size_t i = 0; i < logs.workloads.size(); ++i) {
      workloads_[logs.workloads[i].name] = {&logs.workloads[i],
                                            logs.rules.workloads[i].test_target};
    }
  }

  const store::ImportedTrial& convert(const LogTrial& trial) {
    const auto& [terms, test_target] = workloads_.at(trial.folder->workload);
    auto curve = curve_of(trial, *terms);
    const auto& hparams = hparams_.of(trial);
    folder_ = trial.path();
    out_.key = {trial.folder->submission, trial.folder->workload, trial.folder->study,
                trial.trial->number};
    out_.point = &*hparams.point;
    out_.budget_s = terms->budget_s;
    out_.outcome = std::move(curve.outcome);
    out_.evaluation_time_s = curve.evaluation_time_s;
    out_.time_to_target_s = curve.time_to_target_s;
    out_.best_validation = curve.best_validation;
    out_.hparams = hparams.sound ? trial.hparams : std::string_view();
    out_.origin = trial.meta.origin_json;
    out_.seed = trial.meta.seed;
    out_.folder = folder_;
    convert_columns(trial, curve, *terms, test_target);
    return out_;
  }

 private:
  struct Workload {
    const scoring::WorkloadTerms* terms = nullptr;
    double test_target = 0;
  };

  void convert_columns(const LogTrial& trial, const Curve& curve,
                       const scoring::WorkloadTerms& terms, double test_target) {
    step_.clear();
    value_.clear();
    places_.clear();
    bool skipped = false;
    for (const auto& point : curve.points) {
      skipped = skipped || point.row != static_cast<std::int32_t>(places_.size());
      places_.push_back(point.row);
      step_.push_back(point.step);
      value_.push_back(point.value);
    }
    out_.columns.clear();
    out_.time = {};
    out_.time_to_test_target_s.reset();
    out_.step = step_;
    out_.places =
        skipped ? std::span<const std::int32_t>(places_) : std::span<const std::int32_t>();
    out_.value = value_;
    if (trial.measurements == nullptr) return;
    const auto& measured = *trial.measurements;
    out_.time = measured.submission_time();
    out_.time_to_test_target_s =
        time_to_reach(out_.time, measured.column("test/" + terms.metric), terms, test_target);
    for (std::size_t i = 0; i < measured.names.size(); ++i) {
      out_.columns.push_back({measured.names[i], measured.columns[i]});
    }
  }

  const OpenedLogs& logs_;
  HparamsCache hparams_;
  std::map<std::string, Workload> workloads_;
  store::ImportedTrial out_;
  std::string folder_;
  std::vector<std::int64_t> step_;
  std::vector<double> value_;
  std::vector<std::int32_t> places_;
};

/// Reads every trial, hands it on, and returns the remarks.
std::vector<std::string> read_all(OpenedLogs& logs, Findings& findings, const Progress& progress,
                                  ImportReport& report, const store::AddTrial& add) {
  Converter converter(logs, findings);
  logs.source->visit([&](const std::string& workload) { return logs.terms(workload) != nullptr; },
                     [&](const LogTrial& trial) {
                       ++report.trials;
                       add(converter.convert(trial));
                     },
                     progress);
  report.remarks = findings.remarks();
  return report.remarks;
}

ImportReport report_of(const OpenedLogs& logs) {
  ImportReport report;
  report.sweep = logs.name;
  report.rule_set = logs.rules.name;
  report.tuning = to_string(logs.tuning);
  report.submissions = logs.submissions.size();
  return report;
}

}  // namespace

ImportReport import_into(store::Store& store, OpenedLogs& logs, Findings& findings,
                         std::int64_t created_ns, const Progress& progress) {
  auto report = report_of(logs);
  report.counts = store.import_logs(terms_of_sweep(logs, created_ns), [&](const auto& add) {
    return read_all(logs, findings, progress, report, add);
  });
  return report;
}

ImportReport try_import(OpenedLogs& logs, Findings& findings, const Progress& progress) {
  auto report = report_of(logs);
  read_all(logs, findings, progress, report, [&](const store::ImportedTrial& trial) {
    report.counts.evaluations += static_cast<std::int64_t>(trial.time.size());
  });
  return report;
}

}  // namespace timetrial::algoperf
