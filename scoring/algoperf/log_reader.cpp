#include "scoring/algoperf/log_reader.h"

#include "scoring/algoperf/curve.h"
#include "scoring/algoperf/hparams.h"
#include "scoring/algoperf/opened_logs.h"
#include "scoring/from_store.h"

#include <map>
#include <utility>

namespace timetrial::algoperf {
namespace {

using scoring::Results;

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
  auto logs = open_under_rules(path, options, findings);
  Results results;
  results.provenance.sweep = logs.name;
  results.provenance.rule_set = logs.rules.name;
  results.provenance.rule_set_hash = logs.rules.hash;
  results.provenance.tuning = to_string(logs.tuning);
  results.provenance.hardware_profile = logs.rules.hardware_profile;
  results.planned_studies = logs.rules.studies;
  results.submissions = logs.submissions;
  results.workloads = logs.workloads;
  HparamsCache hparams(findings);
  CellBuilder cells(results);
  logs.source->visit([&](const std::string& workload) { return logs.terms(workload) != nullptr; },
                     [&](const LogTrial& trial) {
                       auto curve = curve_of(trial, *logs.terms(trial.folder->workload));
                       cells.study(*trial.folder)
                           .trials.push_back({.trial = trial.trial->number,
                                              .point = hparams.of(trial).point,
                                              .outcome = std::move(curve.outcome),
                                              .submission_time_s = curve.submission_time_s,
                                              .evaluation_time_s = curve.evaluation_time_s,
                                              .curve = std::move(curve.points)});
                     },
                     options.progress);
  scoring::put_cells_in_order(results);
  results.remarks = findings.remarks();
  return results;
}

std::string name_of_logs(const std::filesystem::path& path) {
  const auto absolute = std::filesystem::absolute(path).lexically_normal();
  auto name = (absolute.has_filename() ? absolute : absolute.parent_path()).filename().string();
  if (std::filesystem::is_directory(path)) return name.empty() ? "logs" : name;
  const auto tar = name.rfind(".t");
  if (tar != std::string::npos && tar > 0) name.resize(tar);
  return name;
}

}  // namespace timetrial::algoperf
