#pragma once
// Plausible results of a small sweep, made up: for tests, benchmarks and a rendered sample.

#include "scoring/results.h"

#include <cstdint>
#include <vector>

namespace timetrial::test {

/// What a made-up sweep holds. From the eleventh on, submissions include one named "baseline".
/// Times scatter by `seed`; the same shape gives the same results.
struct ExampleShape {
  int submissions = 4;
  int workloads = 3;
  int variants = 0;  ///< the last so many of the workloads are held-out variants of the first ones
  int studies = 1;
  int trials = 2;
  int evaluations = 24;  ///< per trial that runs to its budget
  bool mishaps = true;   ///< one crashed, one diverged and one unfinished trial, one missing study
  std::uint64_t seed = 1;
};
scoring::Results example_results(const ExampleShape& shape = {});
/// As large as AlgoPerf's largest published set: 11 submissions, 14 workloads of which 6 are
/// held-out variants, 5 studies.
inline constexpr ExampleShape kLargeExample = {.submissions = 11,
                                               .workloads = 14,
                                               .variants = 6,
                                               .studies = 5,
                                               .trials = 3,
                                               .evaluations = 80};

/// A curve with an evaluation every second from 1 s on, one step a second.
std::vector<scoring::CurvePoint> curve_of(const std::vector<double>& values);
/// A trial that ended regularly (by its budget).
scoring::TrialResult finished_trial(int trial, std::vector<scoring::CurvePoint> curve);

/// One study with one trial per cell that reaches its target at exactly times[submission][workload]
/// (infinity: never). Names s0, s1, … and w0, w1, …; higher is better, target 0.5.
scoring::Results results_of_times(const std::vector<std::vector<double>>& times);

}  // namespace timetrial::test
