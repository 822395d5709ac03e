#include "scoring/algoperf/log_reader.h"

#include "scoring/algoperf/curve.h"
#include "scoring/algoperf/survey.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace timetrial::algoperf {
namespace {

using scoring::Results;

/// Hyperparameters by the text of their file: thousands of files hold a handful of points.
class PointCache {
 public:
  explicit PointCache(Findings& findings) : findings_(findings) {}
  const std::map<std::string, double>& point(const LogTrial& trial) {
    const auto [at, is_new] = points_.try_emplace(std::string(trial.hparams));
    if (!is_new || trial.hparams.empty()) return at->second;
    if (auto point = json_.point(trial.hparams)) {
      at->second = std::move(*point);
    } else {
      findings_.add(Finding::bad_json, trial.path() + "/" + kHparamsFile);
    }
    return at->second;
  }

 private:
  Findings& findings_;
  TrialJson json_;
  std::unordered_map<std::string, std::map<std::string, double>> points_;
};

/// Cells and studies as trials come in, a cell's studies apart from one another.
class CellBuilder {
 public:
  explicit CellBuilder(Results& results) : results_(results) {}
  scoring::StudyResult& study(const WorkloadFolder& folder) {
    const auto [cell_at, new_cell] =
        cells_.try_emplace({folder.submission, folder.workload}, results_.cells.size());
    if (new_cell) results_.cells.push_back({folder.submission, folder.workload, {}});
    auto& studies = results_.cells[cell_at->second].studies;
    if (studies.empty() || studies.back().study != folder.study) {
      studies.push_back({folder.study, {}});
    }
    return studies.back();
  }

 private:
  Results& results_;
  std::map<std::pair<std::string, std::string>, std::size_t> cells_;
};

}  // namespace

Results read_logs(const std::filesystem::path& path, const LogOptions& options) {
  Findings findings;
  const auto source = open_logs(path, findings, options.progress);
  const auto known = survey(*source);
  const auto rules = choose_rule_set(known, options.rule_set, path);
  const auto tuning = choose_tuning(known, options.tuning, path);
  compare_budgets(known, rules, findings);

  Results results;
  results.provenance.sweep = options.name.empty() ? name_of_logs(path) : options.name;
  results.provenance.rule_set = rules.name;
  results.provenance.rule_set_hash = rules.hash;
  results.provenance.tuning = to_string(tuning);
  results.provenance.hardware_profile = rules.hardware_profile;
  results.planned_studies = rules.studies;
  const double factor = budget_factor(rules, tuning);
  std::map<std::string, scoring::WorkloadTerms> terms;
  for (const auto& workload : rules.workloads) {
    results.workloads.push_back(terms_of(workload, factor));
    terms[workload.workload] = results.workloads.back();
  }
  for (const auto& folder : source->tree().workloads) {
    if (results.submissions.empty() || results.submissions.back() != folder.submission) {
      results.submissions.push_back(folder.submission);
    }
  }
  PointCache points(findings);
  CellBuilder cells(results);
  source->visit([&](const std::string& workload) { return terms.contains(workload); },
                [&](const LogTrial& trial) {
                  auto curve = curve_of(trial, terms.at(trial.folder->workload));
                  cells.study(*trial.folder)
                      .trials.push_back({.trial = trial.trial->number,
                                         .point = points.point(trial),
                                         .outcome = std::move(curve.outcome),
                                         .submission_time_s = curve.submission_time_s,
                                         .evaluation_time_s = curve.evaluation_time_s,
                                         .curve = std::move(curve.points)});
                },
                options.progress);
  put_in_order(results);
  results.remarks = findings.remarks();
  return results;
}

double budget_factor(const rulesets::RuleSet& rules, rulesets::Tuning tuning) {
  return tuning == rulesets::Tuning::self ? rules.self_tuning_budget_factor : 1.0;
}

std::string name_of_logs(const std::filesystem::path& path) {
  const auto absolute = std::filesystem::absolute(path).lexically_normal();
  auto name = (absolute.has_filename() ? absolute : absolute.parent_path()).filename().string();
  if (std::filesystem::is_directory(path)) return name.empty() ? "logs" : name;
  const auto tar = name.rfind(".t");
  if (tar != std::string::npos && tar > 0) name.resize(tar);
  return name;
}

void put_in_order(Results& results) {
  std::map<std::string, std::size_t> place;
  for (const auto& workload : results.workloads) place.emplace(workload.name, place.size());
  const auto key = [&](const scoring::Cell& cell) {
    return std::pair(std::string_view(cell.submission), place.at(cell.workload));
  };
  std::sort(results.cells.begin(), results.cells.end(),
            [&](const scoring::Cell& a, const scoring::Cell& b) { return key(a) < key(b); });
  for (auto& cell : results.cells) {
    std::sort(cell.studies.begin(), cell.studies.end(),
              [](const auto& a, const auto& b) { return a.study < b.study; });
  }
}

}  // namespace timetrial::algoperf
