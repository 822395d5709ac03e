#pragma once
// The database of a set of sweeps: SQLite, STRICT tables, WAL, foreign keys, append-only
// measurements. Schema and the stable views: docs/store.md. Without LibTorch.
//
// A trial has any number of attempts (a process that runs it) and at most one outcome. State is
// derived, never updated: no outcome = open. All calls throw StoreError on SQLite errors (with file
// and statement) and InputError for a file that is no store, newer than this program, or damaged.
// One Store is for one thread; any number of processes may open the same file.

#include "harness/trial/trial.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace timetrial::store {

class StoreError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Provenance and terms of a sweep. Texts named *_json hold one JSON document.
struct Sweep {
  std::int64_t id = 0;   ///< set by the store
  std::string name;      ///< unique in the store; the user's word for it
  std::string rule_set;  ///< name
  std::string rule_set_hash;
  std::string rule_set_text;  ///< the whole table: a store explains itself
  std::string tuning;         ///< "external" or "self"
  std::string hardware_profile;
  std::string hardware_json;  ///< fingerprint
  std::string versions_json;  ///< harness build, LibTorch, SQLite, compiler
  std::uint64_t seed = 0;
  std::int64_t created_ns = 0;            ///< UTC
  std::optional<std::int64_t> max_steps;  ///< step limit; results are then not comparable in time
};

/// A submission as used by a sweep.
struct SubmissionRecord {
  std::string name, author;
  std::string library;       ///< path when planned
  std::string library_hash;  ///< SHA-256, hex
  std::string search_space_json;
  std::string search_space_hash;
};

/// A task of a multi-task workload; its metric's key is "validation/<name>/<metric>".
struct TaskRecord {
  std::string name, metric;
  bool higher_is_better = true;
  std::optional<double> validation_target = {};  ///< of its own, where the rules have one
  bool operator==(const TaskRecord&) const = default;
};

/// A workload as used by a sweep.
struct WorkloadRecord {
  std::string name, base, metric;
  bool higher_is_better = true;
  double validation_target = 0, test_target = 0, budget_s = 0, evaluation_period_s = 0;
  std::int64_t step_hint = 0;
  std::string configuration;  ///< text
  std::string configuration_hash;
  std::string data_hash;               ///< over the prepared files
  std::vector<TaskRecord> tasks = {};  ///< empty for a workload of one task
};

/// A planned trial. `id` is the SHA-256 (hex) over all that identifies it: rule set hash, tuning,
/// hardware profile, submission and workload with their hashes, study, trial, point, seed, budget,
/// step limit; add_sweep throws StoreError for another one. Sweeps of equal terms share their
/// trials. Equal trials of two shards have equal ids.
struct Trial {
  std::string id;
  TrialKey key;
  std::map<std::string, double> point;
  std::uint64_t seed = 0;
  double budget_s = 0;  ///< with the self-tuning factor
};

/// The id described above.
std::string trial_id(const Sweep& sweep, const SubmissionRecord& submission,
                     const WorkloadRecord& workload, const Trial& trial);

struct Attempt {
  std::int64_t id = 0;
  std::string trial_id;
  int number = 0;               ///< from 0
  std::int64_t started_ns = 0;  ///< UTC
  double init_time_s = 0;       ///< submission initialisation and model construction, unscored
  double start_time_s = 0;      ///< submission time already used when it began
  std::int64_t start_step = 0;  ///< step it resumed from, 0 for a fresh start
  std::string host_json;        ///< process ids, threads, load before
};

struct AttemptEnd {
  std::int64_t ended_ns = 0;
  double submission_time_s = 0;
  double frozen_cpu_s = 0;  ///< processor time the worker got while frozen: 0 when honest
  std::int64_t peak_memory_bytes = 0;
  std::string noise_json;
  std::string quarantine = {};  ///< why the times of this run do not count; empty: they do
};

/// What was last said of a quarantined trial, or of one that was.
struct QuarantineRow {
  std::int64_t sweep_id = 0;
  std::string sweep;
  std::string trial_id;
  TrialKey key;
  bool quarantined = false;      ///< false: lifted
  std::string reason;            ///< of the quarantine, or of lifting it
  std::int64_t recorded_ns = 0;  ///< UTC
};

struct Checkpoint {
  std::string file;  ///< relative to the sweep's work folder
  std::string hash;  ///< SHA-256 of the file, hex
  std::int64_t step = 0;
  double submission_time_s = 0;
  double duration_s = 0;
};

/// A trial with all that is known of it.
struct TrialRow {
  Trial trial;
  std::int64_t sweep_id = 0;
  std::optional<Outcome> outcome;
  int attempts = 0;
  double submission_time_s = 0;  ///< the most any attempt, evaluation or checkpoint recorded
  std::string run;               ///< the one that counts; empty before the first attempt
};

struct ImportCounts;
struct ImportedCurve;
struct ImportedRecord;
struct ImportedSweep;
struct ImportedTerms;
struct ImportedTrial;

/// An evaluation of an own run as scoring sees it.
struct ScoredEvaluation {
  std::int64_t step = 0;
  double submission_time_s = 0, evaluation_time_s = 0;
  double value = 0;  ///< of "validation/<metric>"; NaN when it was not measured
  std::optional<double> data_wait_s = {};
};

class Store {
 public:
  enum class Mode { read_only, read_write, create };  ///< create: made if absent
  static Store open(const std::filesystem::path& file, Mode mode);
  ~Store();
  Store(Store&&) noexcept;

  // --- planning: idempotent; all in one transaction, nothing is written when it throws
  // ------------
  /// Adds a sweep with its submissions, workloads and trials, or returns the id of the equal one of
  /// that name. Throws InputError when a different sweep has the name (says what differs).
  std::int64_t add_sweep(const Sweep& sweep, const std::vector<SubmissionRecord>& submissions,
                         const std::vector<WorkloadRecord>& workloads,
                         const std::vector<Trial>& trials);

  std::vector<Sweep> sweeps() const;
  std::vector<SubmissionRecord> submissions(std::int64_t sweep) const;
  std::vector<WorkloadRecord> workloads(std::int64_t sweep) const;
  /// In planned order.
  std::vector<TrialRow> trials(std::int64_t sweep) const;
  std::optional<TrialRow> trial(const std::string& id) const;

  // --- running -----------------------------------------------------------------------------------
  /// Each is one durable transaction (synchronous=FULL).
  std::int64_t begin_attempt(const Attempt& attempt);
  /// With a quarantine, its row comes in the same transaction.
  void end_attempt(std::int64_t attempt, const AttemptEnd& end);
  void add_checkpoint(std::int64_t attempt, const Checkpoint& checkpoint);
  /// First outcome wins: throws StoreError if the trial has one already.
  void finish_trial(const std::string& trial_id, const Outcome& outcome, std::int64_t finished_ns);
  /// One transaction, synchronous=NORMAL in effect: survives a killed process.
  void add_evaluation(std::int64_t attempt, const Evaluation& evaluation);

  /// More of what was recorded with the attempt's newest evaluation; throws StoreError where there is
  /// none, or a name is there already.
  void add_recorded(std::int64_t attempt, const std::map<std::string, double>& values);

  /// Likewise. The losses must follow those of the attempt before them.
  void add_training_losses(std::int64_t attempt, const TrainingLosses& losses);

  std::vector<Evaluation> evaluations(
      const std::string& trial_id) const;  ///< in order of insertion
  /// In the order of steps, those of steps that were done again left out. Empty: not asked for.
  std::vector<TrainingLosses> training_losses(const std::string& trial_id) const;
  std::vector<Checkpoint> checkpoints(const std::string& trial_id) const;  ///< newest first
  std::vector<Attempt> attempts(const std::string& trial_id) const;

  /// The evaluations of all of a sweep's trials, by trial id, in order of insertion: the workload's
  /// metric alone. One pass over the store.
  std::unordered_map<std::string, std::vector<ScoredEvaluation>> scored_evaluations(
      std::int64_t sweep) const;

  /// The last evaluation of each of a sweep's trials that has one, with all metrics and what was
  /// recorded, by trial id. One pass over the store.
  std::unordered_map<std::string, Evaluation> last_evaluations(std::int64_t sweep) const;

  // --- imported logs (imported.h)
  // ------------------------------------------------------------------
  /// Adds what `source` brings, in one transaction, to the sweep of that name: the trials that it
  /// lacks. Throws InputError, changing nothing, when the name belongs to other terms or to own
  /// runs, or when a trial's measurements differ from those that are stored. What `source` throws
  /// goes through, and nothing is changed.
  ImportCounts import_logs(const ImportedSweep& terms,
                           const std::function<std::vector<std::string>(
                               const std::function<void(const ImportedTrial&)>& add)>& source);
  /// Nothing for a sweep of own runs.
  std::optional<ImportedTerms> imported(std::int64_t sweep) const;
  /// Calls `take` for each imported trial, by submission, workload, study and trial.
  void imported_curves(std::int64_t sweep,
                       const std::function<void(const ImportedCurve&)>& take) const;
  /// The same with every column and text.
  void imported_records(std::int64_t sweep,
                        const std::function<void(const ImportedRecord&)>& take) const;

  // --- quarantine: trials that are kept and not scored
  // ----------------------------------------------
  /// Quarantines the run that counts of a trial, or lifts that: appends a row. Throw InputError for
  /// a trial that has not begun, an empty reason, or one to lift that is not quarantined.
  void quarantine(const std::string& trial_id, const std::string& reason, std::int64_t recorded_ns);
  void lift_quarantine(const std::string& trial_id, const std::string& reason,
                       std::int64_t recorded_ns);
  /// By sweep, in planned order; a trial of two sweeps comes twice.
  std::vector<QuarantineRow> quarantines() const;
  /// The id of the own trial whose id starts so. Throws InputError: none, several, too short.
  std::string find_trial(const std::string& start) const;

  /// The kinds of machine (hardware::machine_class) that a sweep's counted runs were made on,
  /// sorted; attempts of older versions did not note it.
  std::vector<std::string> machine_classes(std::int64_t sweep) const;
  /// How many of a sweep's trials have an attempt whose worker had no namespaces of its own
  /// ("sandbox" in host_json).
  std::int64_t trials_without_sandbox(std::int64_t sweep) const;

  // --- upkeep
  // -------------------------------------------------------------------------------------
  /// Problems found by integrity_check, foreign_key_check and the invariants; empty when sound.
  std::vector<std::string> check() const;
  /// Adds all that `other` has and this lacks, by trial id; running it twice adds nothing more.
  /// Returns the numbers added, by "sweeps", "trials", "attempts", "evaluations", "outcomes"
  /// and, of imported logs, "imported_trials". Throws InputError, changing nothing, when an equally
  /// named sweep has other terms, or an imported trial other measurements.
  std::map<std::string, std::int64_t> merge(const std::filesystem::path& other);
  /// Writes a consistent copy to a new file, while others go on. Throws InputError if `to` exists.
  void backup(const std::filesystem::path& to) const;
  /// Runs one read-only statement; calls `row` with column names and values (absent: NULL).
  /// Throws InputError with SQLite's message for a bad or writing statement.
  void query(
      const std::string& sql,
      const std::function<void(const std::vector<std::string>& columns,
                               const std::vector<std::optional<std::string>>& values)>& row) const;
  /// Hash over all rows that reports depend on, hex: names the state of the store in a report.
  std::string content_hash() const;

 private:
  class Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace timetrial::store
