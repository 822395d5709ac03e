#pragma once
// What the source files of Store share: its connection, and rows as values.

#include "harness/store/connection.h"
#include "harness/store/store.h"

#include <optional>
#include <string>

namespace timetrial::store {

class Store::Impl {
 public:
  Impl(const std::filesystem::path& file, Access access) : connection(file, access) {}

  Connection connection;
  bool wal = true;  ///< else a rollback journal, where NORMAL durability could lose the file

  /// For rows whose loss would lose or double a trial.
  void expect_full() { connection.set_durability(Connection::Durability::full); }
  /// For the many rows in between.
  void expect_normal() {
    connection.set_durability(wal ? Connection::Durability::normal : Connection::Durability::full);
  }
};

/// One JSON object, keys sorted, numbers in their shortest exact form.
std::string to_json(const std::map<std::string, double>& point);
std::map<std::string, double> point_from_json(const std::string& json);

/// What keeps two equally named sweeps from being one, such as "rule_set_hash"; empty if nothing.
/// Only the terms: machines, versions and dates may differ among shards.
std::string difference(const Sweep& a, const Sweep& b);
std::string difference(const SubmissionRecord& a, const SubmissionRecord& b);
std::string difference(const WorkloadRecord& a, const WorkloadRecord& b);

}  // namespace timetrial::store
