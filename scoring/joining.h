#pragma once
// Several sweeps as one, and what may not be joined: times of different machines.

#include "scoring/results.h"

#include <string>
#include <vector>

namespace timetrial::scoring {

/// One sweep as it is; several under the same rules as if they had been one: their submissions side
/// by side. Throws InputError, naming sweeps and remedy: other rule sets, tuning, step limits or
/// terms of a workload; runs of one submission on one workload in two of them.
Results joined(std::vector<Results> sweeps);

/// Throws InputError when the results are of several hardware profiles: names them, and the remedy.
void require_one_profile(const std::vector<Results>& sweeps);

}  // namespace timetrial::scoring
