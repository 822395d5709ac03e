#pragma once
// Fills Results from one sweep of a store: everything planned, finished or not.
//
// The scored metric is "validation/<metric>" of each evaluation; an evaluation that lacks it counts
// as NaN, a miss. Evaluations of own runs are put in order of submission time (a resumed trial may
// repeat steps); those of imported logs stay in the order of the log's rows.

#include "harness/store/store.h"
#include "scoring/results.h"

#include <optional>
#include <string>

namespace timetrial::scoring {

/// A sweep to score, and whether others were passed over.
struct ChosenSweep {
  store::Sweep sweep;
  std::size_t others = 0;
};

/// The sweep named `name`, or the newest. Throws InputError: no sweep in the store; unknown name
/// (the nearest are listed). `place` names the store in messages.
ChosenSweep choose_sweep(const store::Store& store, const std::optional<std::string>& name,
                         const std::string& place);

/// Whether quarantined trials count; else they are as if they had not run.
enum class Quarantined { left_out, counted };

/// Submissions of imported logs are in order of their names, cells by submission and the workloads'
/// order. Throws StoreError; InputError when a sweep's record of versions is no JSON object.
Results read_results(const store::Store& store, const store::Sweep& sweep,
                     Quarantined quarantined = Quarantined::left_out);

/// Sorts cells by submission, then in the order of `results.workloads`.
void put_cells_in_order(Results& results);

}  // namespace timetrial::scoring
