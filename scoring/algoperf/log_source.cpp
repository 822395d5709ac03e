#include "scoring/algoperf/log_source.h"

#include "harness/trial/error.h"

namespace timetrial::algoperf {

void LogSource::visit(const std::function<bool(const std::string& workload)>& wanted,
                      const std::function<void(const LogTrial&)>& take, const Progress& progress) {
  const std::uint64_t total = tree_.trials();
  std::uint64_t done = 0;
  for (const auto& folder : tree_.workloads) {
    const bool scored = wanted(folder.workload);
    if (!scored) {
      findings_.add_unscored(folder.submission, folder.workload,
                             static_cast<std::int64_t>(folder.trials.size()));
    }
    for (const auto& trial : folder.trials) {
      if (progress) progress(done++, total);
      if (!scored) continue;
      LogTrial loaded;
      loaded.folder = &folder;
      loaded.trial = &trial;
      load(loaded);
      if (loaded.missing == kNoMeasurementFile) {
        findings_.add(Finding::no_measurement_file, loaded.path());
      }
      take(loaded);
    }
  }
  if (progress) progress(total, total);
}

void LogSource::arrange(const std::filesystem::path& path) {
  tree_.arrange(findings_);
  if (tree_.workloads.empty()) fail_no_logs(path);
  tree_.require_one_framework(path.string());
}

MetaData LogSource::parse_meta_data(std::string_view text, const std::string& file) {
  if (text.empty()) return {};
  auto meta = json_.meta_data(text);
  if (!meta) findings_.add(Finding::bad_json, file);
  return meta.value_or(MetaData{});
}

std::unique_ptr<LogSource> open_logs(const std::filesystem::path& path, Findings& findings,
                                     const Progress& progress) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    throw InputError(path.string() +
                     ": not found; give a folder or a .tar, .tar.xz or .tar.zst of AlgoPerf logs");
  }
  if (std::filesystem::is_directory(status)) return open_log_folder(path, findings);
  return open_log_archive(path, findings, progress);
}

void fail_no_logs(const std::filesystem::path& path) {
  throw InputError(path.string() +
                   ": no AlgoPerf logs: expected <submission>/study_<N>/<workload>_<jax|pytorch>/"
                   "trial_<N>/eval_measurements.csv; give the folder that holds the submissions");
}

}  // namespace timetrial::algoperf
