#pragma once
// Whether a training diverged, from its losses step by step: not at all, for a while, or for good.
//
//   full   a loss, or the parameters, were not finite; or the median of the last 40 losses rose
//          above 2.5 times the median of the first 10 and stayed there to the end; or the last
//          evaluation's metric is beyond a limit, such as an AUC below 0.55
//   micro  a loss more than 5 robust standard deviations (1.4826 times the median distance from the
//          median) above the median of the 201 losses around it, and another one that is not,
//          later
//   none   neither
//
// Source  Tang et al. 2023, "Improving Training Stability for Multitask Ranking Models in
//         Recommender Systems" (arXiv 2302.09178), for micro and full; the numbers are ours, from
//         trial runs on made-up clicks
//
// Where the rule leaves a choice, or is blind:
//   - Steps that are too long from the first one on would set their own level: the median of the
//     first losses counts for at most 4 times the first loss, which no step has touched.
//   - The window of a loss reaches as far ahead as back, so that a curve that falls steadily has no
//     excursions: in the first 100 steps it is as wide as what lies before allows, the first 10 are
//     not judged, and in the last 100 it is the last 201.
//   - Where more than half of a window is one value, a robust standard deviation of 0 would make
//     any rounding an excursion: it is then 0.001 of the window's median, or of the first losses'.
//   - The level of 2.5 times the first losses means nothing where these are not above 0: such a
//     curve is full by other signs alone.
//
// A curve that was thinned (TrainingLosses::stride above 1) has means of that many steps for
// losses, and windows count these: short spikes drown in them. Steps are those of Training::step():
// completed updates, 0 for the first loss.

#include "harness/trial/trial.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace timetrial::scoring {

enum class DivergenceKind {
  unknown,  ///< no losses were recorded, or too few to tell, and nothing else says it diverged
  none,
  micro,
  full
};
/// The spelling of the JSON and of tables.
const char* to_string(DivergenceKind kind);

/// What gave it away.
enum class DivergenceSign {
  none,
  excursion,        ///< micro
  loss_not_finite,  ///< from here on: full
  loss_stays_high,
  parameters_not_finite,  ///< the referee's finding
  metric_beyond_limit
};
const char* to_string(DivergenceSign sign);

/// The numbers of the rules above.
struct DivergenceRules {
  std::int64_t first = 10;     ///< losses whose median is the level to compare with
  std::int64_t last = 40;      ///< losses whose median is compared
  double most_start = 4;       ///< times the first loss: the most that the first level counts for
  double rise = 2.5;           ///< of that median over that level
  std::int64_t window = 201;   ///< odd: losses of the rolling median
  double deviations = 5;       ///< robust ones, above it
  double least_share = 0.001;  ///< of a median, in the place of a deviation of 0
};

/// The fewest losses whose level can be compared.
constexpr std::int64_t fewest_losses(const DivergenceRules& rules) {
  return rules.first + rules.last;
}

/// A metric that means that nothing was learned.
struct MetricLimit {
  double value = 0;
  bool higher_is_better = true;
  bool is_beyond(double metric) const {  // not-a-number is beyond any
    return higher_is_better ? !(metric >= value) : !(metric <= value);
  }
};

/// What is known of a trial beside its losses.
struct TrialEnding {
  /// Completed steps after which the parameters were not finite.
  std::optional<std::int64_t> not_finite_at = {};
  std::optional<double> metric = {};  ///< of the last evaluation
  std::int64_t metric_step = 0;       ///< completed steps at that evaluation
  std::optional<MetricLimit> limit = {};
};

struct Divergence {
  DivergenceKind kind = DivergenceKind::unknown;
  DivergenceSign sign = DivergenceSign::none;
  /// Full: where it began, the first loss that was not finite, the last loss of the first high
  /// median, or the evaluation. Micro: the first excursion's first step. Else 0.
  std::int64_t step = 0;
  std::int64_t excursions = 0;  ///< that ended, up to a divergence in full
  std::int64_t losses = 0;      ///< how many there are
  std::int64_t stride = 1;      ///< steps of the coarsest loss; above 1: thinned
};

/// `curve` in the order of steps, as Store::training_losses gives it. Throws std::invalid_argument
/// for rules that no curve can follow.
Divergence find_divergence(const std::vector<TrainingLosses>& curve, const TrialEnding& ending = {},
                           const DivergenceRules& rules = {});

}  // namespace timetrial::scoring
