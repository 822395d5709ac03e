#pragma once
// How evenly a classifier serves groups, and what it costs to make its decisions even.
//
// Source  demographic parity: Dwork et al. 2012, "Fairness through awareness"; accuracy against
// parity as
//         a trade-off: Dehghani et al. 2023, "Scaling Vision Transformers to 22 Billion Parameters"
//         (arXiv 2302.05442), section 4.4. Thresholds by group are found exactly here, where the
//         paper's mitigation approximates them.

#include <cstdint>
#include <span>
#include <vector>

namespace timetrial::metrics {

struct GroupAccuracy {
  std::int64_t group = 0, examples = 0;
  double accuracy = 0;
};

/// One for each group that has an example, rising. Throws std::invalid_argument when the lengths
/// differ.
std::vector<GroupAccuracy> accuracy_by_group(std::span<const std::uint8_t> right,
                                             std::span<const std::int64_t> groups);

struct ParityPoint {
  double allowed_gap = 0;  ///< between the two groups' rates of positive decisions
  double accuracy = 0;     ///< the highest that thresholds by group reach within it
};

/// For each allowed gap in [0, 1]: decisions are positive from a threshold on the score upwards,
/// one for each of the two groups. Scores may tie: tied examples are decided in their order. Throws
/// std::invalid_argument when lengths differ, or a group has no example.
std::vector<ParityPoint> parity_tradeoff(std::span<const double> scores,
                                         std::span<const std::uint8_t> positive,
                                         std::span<const std::uint8_t> second_group,
                                         std::span<const double> allowed_gaps);

}  // namespace timetrial::metrics
