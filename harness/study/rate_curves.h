#pragma once
// Runs over a range of learning rates as curves, seed by seed: where training ended at each rate,
// and how sensitive it is to the rate (scoring/sensitivity.h).

#include "harness/study/results.h"
#include "scoring/plot_scatter.h"
#include "scoring/report_tables.h"
#include "scoring/sensitivity.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace timetrial::study {

struct SeedCurve {
  int seed = 0;
  double initial_loss = 0;  ///< of the first batches, which no step has touched; NaN: not recorded
  std::vector<scoring::RateLoss> losses;  ///< by rate, rising; NaN where it diverged
};

struct RateCurves {
  std::string name;
  std::vector<SeedCurve> seeds;  ///< those whose runs have all ended with a result
  int left_out = 0;              ///< seeds with a run that is missing or failed
};

/// The rate at which a point trains, its hyperparameter learning_rate; NaN without.
double rate_of(const tuning::Point& point);

/// Of `metric` at the end, such as "validation/loss". Initial losses need recorded losses. Throws
/// InputError for a group with two points of one rate, or none.
RateCurves rate_curves(const Group& group, const std::string& metric);

/// Over seeds, a loss that is not finite or above the initial one counted as that.
std::vector<scoring::RateLoss> mean_curve(const RateCurves& curves);

using Selection =
    std::function<std::vector<scoring::RateLoss>(const std::vector<scoring::RateLoss>&)>;
/// S of each seed over the rates that are selected. Empty without recorded losses.
std::vector<double> sensitivities(const RateCurves& curves, const Selection& selection);
Selection all_rates();
Selection rates_within(double low, double high);
/// `count` rates around the best of the mean curve.
Selection rates_around_best(const RateCurves& curves, std::size_t count);

/// What the tables and plots below show.
struct CurveTerms {
  std::string metric;          ///< for captions
  double low = 0, high = 0;    ///< the fixed window
  std::size_t slid_count = 5;  ///< rates of the window that slides with the optimum
};
/// One row for each: S over all rates, over both windows, the best rate, and the loss at each rate.
scoring::TextTable sensitivity_table(const std::vector<RateCurves>& all, const CurveTerms& terms);
scoring::Scatter sensitivity_plot(const std::vector<RateCurves>& all, const CurveTerms& terms);

/// A sentence on each thing that S does not see, and on each curve that steps into it.
std::vector<std::string> sensitivity_remarks(const std::vector<RateCurves>& all);

/// The largest |attention logit| that was recorded of any block, by rate and then by seed; empty
/// where none was.
std::map<double, std::vector<double>> logit_maxima(const Group& group);
/// What was recorded under "diagnose/<name>" at the end, likewise.
std::map<double, std::vector<double>> recorded_at_end(const Group& group, const std::string& name);

}  // namespace timetrial::study
