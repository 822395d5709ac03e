#include "scoring/algoperf/export.h"

#include "harness/rulesets/rule_set.h"
#include "harness/store/imported.h"
#include "harness/trial/error.h"
#include "scoring/algoperf/log_source.h"
#include "scoring/algoperf/log_tree.h"

#include <fmt/core.h>
#include <stdlib.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

namespace timetrial::algoperf {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr const char* kFramework = "pytorch";

/// A folder beside `out` that becomes it, or goes.
class Unfinished {
 public:
  explicit Unfinished(const fs::path& out) : out_(out) {
    const auto parent = fs::absolute(out_).parent_path();
    if (!fs::is_directory(parent)) {
      throw InputError(parent.string() + ": no such folder; make it, or choose another --out");
    }
    if (fs::exists(out_) && !(fs::is_directory(out_) && fs::is_empty(out_))) {
      throw InputError(out_.string() +
                       ": exists already; choose another --out, or remove it first");
    }
    std::string name = (parent / ".timetrial-export-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      throw std::system_error(errno, std::generic_category(), name);
    }
    path_ = name;
    constexpr auto kUsual = fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec |
                            fs::perms::others_read | fs::perms::others_exec;
    fs::permissions(path_, kUsual);
  }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  ~Unfinished() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }
  void finish() {
    fs::rename(path_, out_);  // over an empty folder, if there is one
    path_.clear();
  }

 private:
  fs::path out_, path_;
};

void write_file(const fs::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw std::system_error(errno, std::generic_category(), file.string());
}

struct Column {
  std::string name;
  std::vector<double> values;
};

std::string csv_of(const std::vector<Column>& columns) {
  std::string text;
  for (const auto& column : columns) text += (text.empty() ? "" : ",") + column.name;
  text += '\n';
  for (std::size_t row = 0; row < columns.front().values.size(); ++row) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (i > 0) text += ',';
      const double value = columns[i].values[row];
      if (!std::isnan(value)) fmt::format_to(std::back_inserter(text), "{}", value);
    }
    text += '\n';
  }
  return text;
}

/// Writes the files of one trial after another.
class TrialWriter {
 public:
  TrialWriter(const store::Sweep& sweep, const fs::path& root)
      : sweep_(sweep),
        rules_(rulesets::parse(sweep.rule_set_text, "rule set of the sweep")),
        root_(root) {}

  struct Files {
    std::string folder;  ///< below the root
    TrialKey key;
    std::string framework;
    std::vector<Column> columns;
    std::string hparams;  ///< empty: no file
    ordered_json origin;  ///< an object
    std::optional<std::int64_t> seed;
    bool empty_file = false;  ///< the logs had one, with nothing in it
  };

  void write(const Files& trial) {
    const auto folder = root_ / trial.folder;
    fs::create_directories(folder);
    if (!trial.columns.empty()) write_file(folder / kMeasurementFile, csv_of(trial.columns));
    if (trial.columns.empty() && trial.empty_file) write_file(folder / kMeasurementFile, "");
    if (!trial.hparams.empty()) write_file(folder / kHparamsFile, trial.hparams);
    write_file(folder / "meta_data_0.json", meta_of(trial).dump(2));
    write_file(folder / "flags_0.json", flags_of(trial).dump(2));
    ++report_.trials;
    report_.files += trial.columns.empty() ? 0 : 1;
  }

  const ExportReport& report() const { return report_; }

 private:
  ordered_json meta_of(const Files& trial) const {
    const auto& terms = rules_.at(trial.key.workload);
    ordered_json meta{{"workload.max_allowed_runtime_sec", terms.budget_s},
                      {"workload.eval_period_time_sec", terms.evaluation_period_s},
                      {"workload.step_hint", terms.step_hint},
                      {"workload.target_metric_name", terms.metric},
                      {"workload.validation_target_value", terms.validation_target},
                      {"workload.test_target_value", terms.test_target}};
    meta.update(trial.origin);
    if (trial.seed) meta["rng_seed"] = *trial.seed;
    return meta;
  }
  ordered_json flags_of(const Files& trial) const {
    ordered_json flags{{"workload", trial.key.workload},
                       {"framework", trial.framework},
                       {"tuning_ruleset", sweep_.tuning},
                       {"num_tuning_trials", sweep_.tuning == "self" ? 1 : rules_.trials}};
    if (trial.seed) flags["rng_seed"] = *trial.seed;
    return flags;
  }

  const store::Sweep& sweep_;
  rulesets::RuleSet rules_;
  fs::path root_;
  ExportReport report_;
};

/// The folder of a trial as the logs had it. A store may come from anywhere: no name of it may lead
/// out of the folder that is written.
WorkloadFolder checked_folder(const store::ImportedRecord& record, std::string& trial) {
  std::vector<std::string> names;
  for (const auto& part : fs::path(record.folder)) names.push_back(part.string());
  constexpr std::size_t kLevels = 4;
  bool sound = names.size() == kLevels && is_trial_name(names.back());
  for (const auto& name : names) sound = sound && is_folder_name(name);
  if (!sound) {
    throw InputError("imported trial " + record.id + ": '" + record.folder +
                     "' is no folder of a log; run `timetrial store check`");
  }
  WorkloadFolder folder;
  folder.submission = names[0];
  folder.study_name = names[1];
  folder.name = names[2];
  split_framework(folder);
  trial = names[3];
  return folder;
}

void write_imported(const store::Store& store, const store::Sweep& sweep, TrialWriter& writer) {
  store.imported_records(sweep.id, [&](const store::ImportedRecord& record) {
    TrialWriter::Files files;
    std::string trial;
    const auto folder = checked_folder(record, trial);
    files.folder = folder.path() + "/" + trial;
    files.key = record.key;
    files.framework = folder.framework;
    for (std::size_t i = 0; i < record.names.size(); ++i) {
      files.columns.push_back({record.names[i], record.columns[i]});
    }
    files.hparams = record.hparams;
    files.origin =
        record.origin.empty() ? ordered_json::object() : ordered_json::parse(record.origin);
    files.seed = record.seed;
    files.empty_file = record.reason == kNothingInFile;
    writer.write(files);
  });
}

/// Columns in alphabetical order, as AlgoPerf's.
std::vector<Column> columns_of(const std::vector<Evaluation>& evaluations, int resumes) {
  if (evaluations.empty()) return {};
  std::set<std::string> metrics;
  for (const auto& evaluation : evaluations) {
    for (const auto& [name, value] : evaluation.metrics) metrics.insert(name);
  }
  std::map<std::string, std::vector<double>> columns;
  for (const auto& evaluation : evaluations) {
    columns["accumulated_eval_time"].push_back(evaluation.evaluation_time_s);
    columns["accumulated_submission_time"].push_back(evaluation.submission_time_s);
    columns["global_step"].push_back(static_cast<double>(evaluation.step));
    columns["preemption_count"].push_back(resumes);
    columns["score"].push_back(evaluation.submission_time_s);
    columns["total_duration"].push_back(evaluation.total_time_s);
    for (const auto& name : metrics) {
      const auto value = evaluation.metrics.find(name);
      columns[name].push_back(value == evaluation.metrics.end() ? std::nan("") : value->second);
    }
  }
  std::vector<Column> list;
  for (auto& [name, values] : columns) list.push_back({name, std::move(values)});
  return list;
}

void write_own(const store::Store& store, const store::Sweep& sweep, TrialWriter& writer) {
  const auto versions = nlohmann::json::parse(sweep.versions_json, nullptr, false);
  auto origin = ordered_json::object();
  if (versions.is_object() && versions.contains("commit")) {
    origin["git_commit_hash"] = versions["commit"];
  }
  for (const auto& row : store.trials(sweep.id)) {
    if (row.attempts == 0) continue;
    const auto& key = row.trial.key;
    TrialWriter::Files files;
    files.folder = fmt::format("{}/study_{}/{}_{}/trial_{}", key.submission, key.study,
                               key.workload, kFramework, key.trial + 1);
    files.key = key;
    files.framework = kFramework;
    files.columns = columns_of(store.evaluations(row.trial.id), row.attempts - 1);
    if (sweep.tuning == "external") files.hparams = nlohmann::json(row.trial.point).dump(2);
    files.origin = origin;
    files.seed = static_cast<std::int64_t>(row.trial.seed);
    writer.write(files);
  }
}

}  // namespace

ExportReport export_sweep(const store::Store& store, const store::Sweep& sweep,
                          const fs::path& out) {
  Unfinished unfinished(out);
  TrialWriter writer(sweep, unfinished.path());
  if (store.imported(sweep.id)) {
    write_imported(store, sweep, writer);
  } else {
    write_own(store, sweep, writer);
  }
  unfinished.finish();
  return writer.report();
}

}  // namespace timetrial::algoperf
