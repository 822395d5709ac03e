#pragma once
// What holds for every workload whatever its model, on one batch of its own: gradients that are
// those of the loss, the same bits twice, and that it can be trained at all. Needs no reference.
//
// A fresh model is not asked: its zero heads and norms hide most of it. Every parameter is moved a
// little first, by numbers of a fixed seed.

#include "harness/trial/check_result.h"
#include "workloads/workload.h"

namespace timetrial::conformance {

/// The gradient of the mean training loss (no dropout, running statistics left alone) against
/// central differences of it, along its own direction and a random one within each of up to
/// kDirections groups of parameters. In double precision where the model can compute in it, which
/// the detail says; error relative to the norm of the whole gradient.
CheckResult check_gradient(const workloads::Workload& workload, const Batch& batch);

/// Two fresh models after kSteps steps of gradient descent with the workload's own dropout: every
/// bit of parameters and state. error: the largest difference.
CheckResult check_deterministic(const workloads::Workload& workload, const Batch& batch);

/// Adam on one batch without dropout until the mean loss is below kOverfit times what it was at
/// first, or too many steps have been made. error: the ratio reached.
CheckResult check_overfits(const workloads::Workload& workload, const Batch& batch);

}  // namespace timetrial::conformance
