#pragma once
// A workload against a recorded case (recorded_case.h), on one thread, as it was recorded. Results
// are named "CASE: CHECK":
//
//   parameters            names, shapes and number of parameters and state; error: a count. Where
//                         it fails the others are not run
//   output_eval, _train   logits where they mean something, relative to their scale
//   paddings_eval, _train where the case has them; equal
//   loss_eval, _train     one value per example
//   loss_sums_…           summed, valid examples and (training) mean
//   label_smoothing_…     the sum with smoothing 0.1, where the case has it
//   accuracy_…            the number of right answers, where the case has it
//   state_after_train     running statistics after the pass in training mode, where there are any
//   batch_norm_off        update_batch_norm = false: same logits, and the state stays; as above
//   gradient_norms        of the mean training loss, relative to the norm of the whole gradient
//   gradients             the same of the tensors, where they are stored
//
// Tolerances: case_differences.h.

#include "harness/conformance/recorded_case.h"
#include "harness/trial/checker.h"

namespace timetrial::conformance {

/// `workload` is the registered one, in its own sizes. Throws ConfigError when it cannot have the
/// case's sizes, InputError naming the case's file when that lacks something.
void check_case(const workloads::Workload& workload, const RecordedCase& recorded,
                Checker& checker);

}  // namespace timetrial::conformance
