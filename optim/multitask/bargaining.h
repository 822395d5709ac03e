#pragma once
// The two ways to Nash-MTL's coefficients, for gradients none of which is zero.

#include "optim/multitask/small_matrix.h"

namespace timetrial::multitask::detail {

/// a > 0 with G a = 1 / a.
Coefficients bargaining_solution(const Gram& gram);

/// What LibMTL's convex programs come to from a = 1, each linearised about the solution of the one
/// before; ends early where one changes nothing, or has no solution.
Coefficients linearised_bargaining(const Gram& gram, int iterations);

}  // namespace timetrial::multitask::detail
