#pragma once
// What the source files of Store share: its connection, and rows as values.

#include "harness/store/connection.h"
#include "harness/store/store.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace timetrial::store {

class Store::Impl {
 public:
  Impl(const std::filesystem::path& file, Access access) : connection(file, access) {}

  Connection connection;
  bool wal = true;  ///< else a rollback journal, where NORMAL durability could lose the file

  /// Whether the file has tables for imported logs: an older store that is only read lacks them.
  bool has_imports() { return version() >= 2; }
  bool has_data_waits() { return version() >= 3; }
  bool has_quarantine() { return version() >= 4; }
  bool has_recorded() { return version() >= 5; }
  /// What evaluation `e` has of it in SQL.
  std::string data_wait() { return has_data_waits() ? "e.data_wait_s" : "NULL"; }

  /// For rows whose loss would lose or double a trial.
  void expect_full() { connection.set_durability(Connection::Durability::full); }
  /// For the many rows in between.
  void expect_normal() {
    connection.set_durability(wal ? Connection::Durability::normal : Connection::Durability::full);
  }

 private:
  std::int64_t version() {
    if (!version_) version_ = connection.integer("PRAGMA user_version");
    return *version_;
  }
  std::optional<std::int64_t> version_;
};

/// Inserts a sweep that is not there yet, with its submissions and workloads; returns its id.
std::int64_t insert_sweep(Connection& connection, const Sweep& sweep,
                          const std::vector<SubmissionRecord>& submissions,
                          const std::vector<WorkloadRecord>& workloads);

/// What identifies an imported trial, beside its measurements.
struct ImportedIdentity {
  std::string rule_set_hash, tuning;
  TrialKey key;
};
struct ImportedBytes {
  std::span<const std::byte> curve;
  std::string_view layout;
  std::span<const std::byte> data, places;
};
/// SHA-256 (hex) over the identity and the packed measurements.
std::string imported_trial_id(const ImportedIdentity& identity, const ImportedBytes& bytes);

/// What is wrong with imported trials; empty when they are sound.
std::vector<std::string> imported_problems(Connection& connection);

/// The run that counts of a trial; empty when none has begun. Throws StoreError for an unknown
/// trial.
std::string run_of(Connection& connection, const std::string& trial_id);
/// Within a transaction: quarantines the run of an attempt.
void quarantine_run_of(Connection& connection, std::int64_t attempt, const std::string& reason,
                       std::int64_t recorded_ns);

/// One JSON object, keys sorted, numbers in their shortest exact form.
std::string to_json(const std::map<std::string, double>& point);
std::map<std::string, double> point_from_json(const std::string& json);

/// What keeps two equally named sweeps from being one, such as "rule_set_hash"; empty if nothing.
/// Only the terms: machines, versions and dates may differ among shards.
std::string difference(const Sweep& a, const Sweep& b);
std::string difference(const SubmissionRecord& a, const SubmissionRecord& b);
std::string difference(const WorkloadRecord& a, const WorkloadRecord& b);

}  // namespace timetrial::store
