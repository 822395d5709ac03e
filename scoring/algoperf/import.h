#pragma once
// AlgoPerf's logs into a store, as a sweep of their name. Trial by trial: of a folder, no more than
// one trial is in memory. What is stored gives the same results as log_reader.h reads.

#include "harness/store/imported.h"
#include "harness/store/store.h"
#include "scoring/algoperf/opened_logs.h"

#include <cstdint>
#include <string>
#include <vector>

namespace timetrial::algoperf {

inline constexpr const char* kFormat = "algoperf";

struct ImportReport {
  std::string sweep, rule_set, tuning;
  std::size_t submissions = 0;
  std::int64_t trials = 0;  ///< read
  store::ImportCounts counts;
  std::vector<std::string> remarks;
};

/// `logs` and `findings` are those of one open_under_rules(). One transaction; throws InputError as
/// Store::import_logs does, and what `progress` throws. `created_ns`: UTC, of a new sweep.
ImportReport import_into(store::Store& store, OpenedLogs& logs, Findings& findings,
                         std::int64_t created_ns, const Progress& progress);

/// The same without a store: reads everything and counts.
ImportReport try_import(OpenedLogs& logs, Findings& findings, const Progress& progress);

}  // namespace timetrial::algoperf
