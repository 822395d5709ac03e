#pragma once
// Other questions to the same curves: other targets and budgets, fewer workloads. Nothing is run
// again; `score` is called with what comes out.

#include "scoring/options.h"
#include "scoring/results.h"

namespace timetrial::scoring {

/// `results` with the targets, budgets and workloads that `options` ask for. A chosen workload
/// takes its held-out variants along. Throws InputError: a name that is no workload of the results
/// (the nearest are listed), a pattern that matches none, a target or budget that is no number, a
/// budget or factor that is not positive, any of these but the choice of workloads in a compat
/// mode.
Results rescored(Results results, const Options& options);

}  // namespace timetrial::scoring
