#pragma once
// A folder or an archive of logs, trial by trial.
//
//   Findings findings;
//   auto source = open_logs(path, findings);
//   source->visit(wanted, [&](const LogTrial& t) { … });  // in order, each trial once
//
// A folder is read as it is visited: only one trial is in memory. An archive is read whole, in one
// pass, when it is opened, since its files come in any order: its measurements are in memory.
// Errors: InputError for a path that is neither, an archive that is damaged or cut off, a file that
// cannot be read, and for what holds no measurement file at all.

#include "scoring/algoperf/findings.h"
#include "scoring/algoperf/log_tree.h"
#include "scoring/algoperf/measurements.h"
#include "scoring/algoperf/trial_json.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace timetrial::algoperf {

/// Called now and then with how far reading has come; may throw to end it.
using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

struct LogTrial {
  const WorkloadFolder* folder = nullptr;
  const TrialFolder* trial = nullptr;
  const Measurements* measurements = nullptr;  ///< null: there are none, and `missing` says why
  std::string missing;                         ///< such as "no eval_measurements.csv"
  std::string_view hparams;                    ///< the file's text; empty: no file
  MetaData meta;

  std::string path() const { return folder->path() + "/" + trial->name; }
};

/// The texts of two of a trial's JSON files; empty where there is none.
struct TrialTexts {
  std::string meta_data, flags;
};

class LogSource {
 public:
  explicit LogSource(Findings& findings) : findings_(findings) {}
  virtual ~LogSource() = default;
  const LogTree& tree() const { return tree_; }
  /// Each trial of the workloads that `wanted` names, in the tree's order; the others are findings.
  /// What `take` is given lives until it returns. `progress` counts trials.
  void visit(const std::function<bool(const std::string& workload)>& wanted,
             const std::function<void(const LogTrial&)>& take, const Progress& progress);
  virtual TrialTexts texts(const WorkloadFolder& folder, const TrialFolder& trial) = 0;

 protected:
  /// Fills measurements or `missing`, hparams and meta of a trial.
  virtual void load(LogTrial& trial) = 0;
  /// Puts the tree in order, and throws unless it holds trials of one framework per workload.
  void arrange(const std::filesystem::path& path);
  MetaData parse_meta_data(std::string_view text, const std::string& file);

  LogTree tree_;
  Findings& findings_;
  TrialJson json_;
};

inline constexpr const char* kMeasurementFile = "eval_measurements.csv";
inline constexpr const char* kHparamsFile = "hparams.json";
inline constexpr const char* kNoMeasurementFile = "no eval_measurements.csv";
inline constexpr const char* kNothingInFile = "nothing in eval_measurements.csv";

/// Throws InputError. `findings` must outlive the source. `progress` counts bytes of an archive.
std::unique_ptr<LogSource> open_logs(const std::filesystem::path& path, Findings& findings,
                                     const Progress& progress);

// The two kinds, chosen by open_logs.
std::unique_ptr<LogSource> open_log_folder(const std::filesystem::path& path, Findings& findings);
std::unique_ptr<LogSource> open_log_archive(const std::filesystem::path& path, Findings& findings,
                                            const Progress& progress);

/// "<path>: no AlgoPerf logs …": what was expected, and what to do.
[[noreturn]] void fail_no_logs(const std::filesystem::path& path);

/// Largest files that are taken for measurements or JSON: far beyond real ones.
inline constexpr std::int64_t kLargestMeasurements_B = std::int64_t{256} << 20;
inline constexpr std::int64_t kLargestJson_B = std::int64_t{16} << 20;

}  // namespace timetrial::algoperf
