#pragma once
// Average precision of a ranking: the sum over the distinct scores, from the highest down, of what
// recall gains there times the precision up to there. Ties are one step; nothing is interpolated.
// As scikit-learn's average_precision_score.

#include <cstdint>
#include <span>

namespace timetrial::metrics {

/// `positive` holds 0 or 1 for each score. 0 when there is no positive example; NaN when there is
/// none at all, or a score is NaN. Throws std::invalid_argument when the lengths differ.
double average_precision(std::span<const float> scores, std::span<const std::uint8_t> positive);

}  // namespace timetrial::metrics
