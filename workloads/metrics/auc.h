#pragma once
// Area under the ROC curve: the probability that a random positive example scores above a random
// negative one, a tie counting one half. Exact, from ranks (Mann and Whitney 1947), O(n log n).

#include <cstdint>
#include <span>

namespace timetrial::metrics {

/// `positive` holds 0 or 1 for each score. NaN when there is no positive or no negative example, or
/// when a score is NaN. Throws std::invalid_argument when the lengths differ.
double auc(std::span<const float> scores, std::span<const std::uint8_t> positive);

}  // namespace timetrial::metrics
