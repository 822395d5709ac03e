#pragma once
// teacher_mlp_fullbatch: a regression so small that every step takes the whole training set, for
// studies of the curvature along training.
//
// Data     16 standard normal inputs, 256 examples; 5 targets, the outputs of a random network,
// each
//          of mean 0 and standard deviation 3.3, without noise
// Model    16-32-32-5 tanh
// Loss     squared error, mean over the 5 outputs
// Metric   loss, lower is better
// Batch    the baselines take all 256 examples (timetrial/baseline.h)
// Source   the experiment on the edge of stability, after Cohen et al. 2022 ("Adaptive Gradient
//          Methods at the Edge of Stability", arXiv 2207.14484); what is given and what is ours:
//          README.md

#include "workloads/multitask/task_table.h"
#include "workloads/teacher/student.h"

namespace timetrial::teacher {

std::unique_ptr<workloads::Workload> make_mlp_fullbatch();

/// Examples of the split that `seed` stands for: inputs [count, 16], targets [count, 5].
multitask::Examples mlp_fullbatch_examples(std::uint64_t seed, std::int64_t count);

}  // namespace timetrial::teacher
