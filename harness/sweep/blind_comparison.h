#pragma once
// Whether a submission's result depends on names and order: trials in pairs of equal seeds and
// points, one of each pair blind, both evaluated after the same steps.
//
// Differences are taken within pairs; their mean has a 95 % interval by Student's t over the pairs.
// What differs by chance between the two of a pair (random numbers drawn in the order of the
// parameters, sums in another order, the machine's mood) makes the interval wide, not the mean.

#include "harness/trial/trial.h"

#include <optional>
#include <string>
#include <vector>

namespace timetrial::sweep {

struct BlindPair {
  Outcome plain_outcome, blind_outcome;
  std::vector<Evaluation> plain, blind;
};

/// What the pairs are compared by.
struct BlindTerms {
  std::string metric;  ///< such as "validation/auc"
  bool higher_is_better = true;
  double target = 0;
};

struct Interval {
  double mean = 0, low = 0, high = 0;
  int pairs = 0;
};

enum class BlindVerdict { no_change, changes, too_few_pairs };
const char* to_string(BlindVerdict verdict);

struct BlindComparison {
  int pairs = 0;      ///< whose two trials were evaluated at the same steps to the end
  int same_bits = 0;  ///< of these: equal parameters at every evaluation
  std::vector<std::string> ended_differently;  ///< one line for each pair
  /// Blind minus plain, in the metric's unit, each pair's mean over its evaluations.
  std::optional<Interval> metric;
  /// Blind over plain, geometric mean, of the pairs in which both reach the target.
  std::optional<Interval> time_to_target;
  int plain_reached = 0, blind_reached = 0;  ///< pairs whose trial reaches the target
  BlindVerdict verdict = BlindVerdict::too_few_pairs;
};

/// Fewer say nothing of noise.
inline constexpr int kFewestPairs = 3;
/// A ratio of times nearer to 1 than this is the machine's: what an interval must exclude.
inline constexpr double kTimeSlack = 0.05;

BlindComparison compare_blind(const std::vector<BlindPair>& pairs, const BlindTerms& terms);

/// The mean with its 95 % interval; nothing below kFewestPairs values.
std::optional<Interval> interval_of(const std::vector<double>& values);

}  // namespace timetrial::sweep
