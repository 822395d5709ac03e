#pragma once
// A network whose parameters are of every kind that a submission may meet: single number, empty,
// bfloat16, of other memory orders, larger than one thread's share, with sparse gradients, with
// none.

#include "workloads/workload.h"

#include <memory>

namespace timetrial::submissions_test {

/// Examples: inputs [B, 16], of which the first column is a row of an embedding table of 40;
/// targets [B].
std::unique_ptr<workloads::Workload> make_odd_network();
std::unique_ptr<workloads::TrainingData> make_odd_data();

}  // namespace timetrial::submissions_test
