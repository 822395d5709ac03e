#pragma once
// A made-up stream of impressions, whose dense features break out of their scale now and then.
//
// Example  6 dense features, Student's t with 2.5 degrees of freedom; 12 ids of 500 values each,
//          value v with a probability proportional to 1 / (v + 1) (Zipf)
// Burst    in the last tenth of every block of the stream all dense features are 7 times as large
//          as what the labels come from: the logging is at fault, not the user
// Labels   three binary ones and one number, from the ids' and the dense features' effects through
//          one random network and a head each
// Place    an example is a function of (seed, its place in the stream)

#include "workloads/multitask/task_table.h"

namespace timetrial::ctr_drift {

inline constexpr std::int64_t kDense = 6, kIds = 12, kValues = 500, kLabels = 4;

/// Inputs float32 [count, 18]: dense features, then ids; targets float32 [count, 4].
multitask::Examples stream(std::uint64_t seed, std::int64_t count, std::int64_t block);

}  // namespace timetrial::ctr_drift
