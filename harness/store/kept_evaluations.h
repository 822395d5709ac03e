#pragma once
// Which evaluations lie on the path that led to a trial's last parameters. A trial that was killed
// goes on from its last checkpoint: what it had done after that checkpoint is done again, and
// evaluations of it stay in the store but are of a past that training has not had.

#include "harness/store/store.h"

#include <vector>

namespace timetrial::store {

/// In their order, without those that a later attempt of the same run went back behind.
std::vector<Evaluation> kept_evaluations(const std::vector<Evaluation>& evaluations,
                                         const std::vector<Attempt>& attempts);

}  // namespace timetrial::store
