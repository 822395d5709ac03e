#pragma once
// The point of a polytope that is nearest to the origin, by inner products of its corners.

#include "optim/multitask/small_matrix.h"

namespace timetrial::multitask::detail {

/// Weights of the corners, at least 0 and of sum 1, whose combination is shortest: exact up to
/// rounding. `gram` is finite.
/// Source  Wolfe 1976, "Finding the nearest point in a polytope"
Coefficients nearest_point(const Gram& gram);

/// The search of Sener and Koltun's code (github.com/isl-org/MultiObjectiveOptimization), which
/// LibMTL has too.
Coefficients published_nearest_point(const Gram& gram);

}  // namespace timetrial::multitask::detail
