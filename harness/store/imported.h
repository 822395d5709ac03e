#pragma once
// Results that another harness measured and that were imported from its logs: a sweep like any
// other, whose trials come whole, with their curves packed into one row each.
//
// Curve    per row submission time (seconds), step, value of the scored metric, in the logs' order
// Place    of a row among all rows of its log, from 0: differs from its index where rows before it
//          were skipped
// Columns  everything else that was measured, by name; nothing of a log's numbers is lost
// Packing  (docs/store.md) little-endian; a curve is its times, then its steps (int64), then its
//          values; other columns follow one another as the layout says. NaN is allowed

#include "harness/store/store.h"
#include "harness/trial/trial.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace timetrial::store {

/// The terms of imported logs. `sweep`, `submissions` and `workloads` are what add_sweep takes; a
/// workload's base is the one that it gates.
struct ImportedSweep {
  Sweep sweep;
  std::vector<SubmissionRecord> submissions;
  std::vector<WorkloadRecord> workloads;
  std::string format;  ///< such as "algoperf"
  int planned_studies = 1;
};

/// A measured column. "global_step" and such are columns too: `time`, `step` and `value` of the
/// trial repeat what is scored.
struct MeasuredColumn {
  std::string_view name;
  std::span<const double> values;
};

/// A trial to import; what it points to must live until it is added.
struct ImportedTrial {
  TrialKey key;
  const std::map<std::string, double>* point = nullptr;  ///< never null when it is added
  double budget_s = 0;
  Outcome outcome;  ///< final
  double evaluation_time_s = 0;
  std::optional<double> time_to_target_s, time_to_test_target_s, best_validation;
  std::span<const double> time, value;  ///< of equal length
  std::span<const std::int64_t> step;
  std::span<const std::int32_t> places;  ///< empty: no row was skipped
  std::vector<MeasuredColumn> columns;
  std::string_view hparams;  ///< the whole text
  std::string_view origin;   ///< JSON: machine and code
  std::optional<std::int64_t> seed;
  std::string_view folder;  ///< in the logs
};

struct ImportCounts {
  bool new_sweep = false;
  std::int64_t added = 0, known = 0;  ///< trials
  std::int64_t evaluations = 0;       ///< rows of the added ones
};

using AddTrial = std::function<void(const ImportedTrial&)>;
/// Calls `add` for each trial, once; returns the remarks of reading.
using ImportSource = std::function<std::vector<std::string>(const AddTrial& add)>;

/// A packed curve.
struct CurveBytes {
  std::span<const std::byte> bytes;
  std::size_t rows = 0;
  std::span<const std::byte> places = {};  ///< int32; empty: the rows' indices

  double time(std::size_t row) const { return read<double>(row); }
  std::int64_t step(std::size_t row) const { return read<std::int64_t>(rows + row); }
  double value(std::size_t row) const { return read<double>(2 * rows + row); }
  std::int32_t place(std::size_t row) const {
    auto place = static_cast<std::int32_t>(row);
    if (!places.empty()) std::memcpy(&place, places.data() + sizeof place * row, sizeof place);
    return place;
  }

 private:
  template <typename Value>
  Value read(std::size_t index) const {
    Value value;
    std::memcpy(&value, bytes.data() + sizeof value * index, sizeof value);
    return value;
  }
};

/// What scoring reads of an imported trial; valid during the call.
struct ImportedCurve {
  std::string_view submission, workload;
  int study = 0, trial = 0;
  /// Equal points are one object while the curves of one sweep are read.
  const std::map<std::string, double>* point = nullptr;
  OutcomeKind kind = OutcomeKind::crashed;
  std::string_view reason;
  std::int64_t step = 0;
  double budget_s = 0, submission_time_s = 0, evaluation_time_s = 0;
  CurveBytes curve;
};

/// All that is kept of an imported trial; valid during the call.
struct ImportedRecord {
  TrialKey key;
  std::string id;
  std::vector<std::string> names;  ///< of the columns, in the logs' order
  std::vector<std::vector<double>> columns;
  std::string hparams, origin, folder;
  std::string reason;  ///< of its outcome
  std::optional<std::int64_t> seed;
};

struct ImportedTerms {
  std::string format;
  int planned_studies = 1;
  std::vector<std::string> remarks;
};

}  // namespace timetrial::store
