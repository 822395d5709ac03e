#include "harness/study/rate_curves.h"

#include "harness/trial/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

namespace timetrial::study {
namespace {

using scoring::RateLoss;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr const char* kRecord = "diagnose/";
constexpr const char* kLogitMax = ".attention_logit_max";

double initial_loss_of(const Result& result) {
  if (result.losses.empty() || result.losses.front().losses.empty()) return kNaN;
  return result.losses.front().losses.front();
}

/// The seed's curve, if every rate has a result.
std::optional<SeedCurve> seed_curve(const Group& group, int seed, const std::set<double>& rates,
                                    const std::string& metric) {
  SeedCurve curve{seed, kNaN, {}};
  std::vector<double> initial;
  for (const auto& result : group.results) {
    if (result.seed != seed || !is_regular(result.outcome.kind)) continue;
    curve.losses.push_back({rate_of(result.point), last_value(result, metric)});
    initial.push_back(initial_loss_of(result));
  }
  if (curve.losses.size() != rates.size()) return std::nullopt;
  std::sort(curve.losses.begin(), curve.losses.end(),
            [](const RateLoss& a, const RateLoss& b) { return a.rate < b.rate; });
  curve.initial_loss = mean(initial);
  return curve;
}

template <typename Read>
std::map<double, std::vector<double>> by_rate(const Group& group, const Read& read) {
  std::map<double, std::vector<double>> values;
  for (const auto& result : group.results) {
    const double value = read(result);
    if (!std::isnan(value)) values[rate_of(result.point)].push_back(value);
  }
  return values;
}

}  // namespace

double rate_of(const tuning::Point& point) {
  const auto found = point.find("learning_rate");
  return found == point.end() ? kNaN : found->second;
}

RateCurves rate_curves(const Group& group, const std::string& metric) {
  RateCurves curves{group.run.group, {}, 0};
  std::set<double> rates;
  for (const auto& point : group.run.points) {
    const double rate = rate_of(point);
    if (std::isnan(rate) || !rates.insert(rate).second) {
      throw InputError("group '" + curves.name +
                       "': expected points with one learning_rate each, all different; make a "
                       "group of each other hyperparameter's value");
    }
  }
  std::set<int> seeds;
  for (const auto& result : group.results) seeds.insert(result.seed);
  for (const int seed : seeds) {
    if (auto curve = seed_curve(group, seed, rates, metric)) {
      curves.seeds.push_back(std::move(*curve));
    } else {
      ++curves.left_out;
    }
  }
  return curves;
}

std::vector<RateLoss> mean_curve(const RateCurves& curves) {
  std::vector<RateLoss> means;
  if (curves.seeds.empty()) return means;
  for (std::size_t i = 0; i < curves.seeds.front().losses.size(); ++i) {
    std::vector<double> losses;
    for (const auto& seed : curves.seeds) {
      const double loss = seed.losses[i].loss;
      // A comparison with an initial loss that is not known is false.
      losses.push_back(std::isfinite(loss) && !(loss > seed.initial_loss) ? loss
                                                                          : seed.initial_loss);
    }
    means.push_back({curves.seeds.front().losses[i].rate, mean(losses)});
  }
  return means;
}

std::vector<double> sensitivities(const RateCurves& curves, const Selection& selection) {
  std::vector<double> values;
  for (const auto& seed : curves.seeds) {
    const auto chosen = selection(seed.losses);
    if (chosen.empty() || std::isnan(seed.initial_loss)) continue;
    values.push_back(scoring::sensitivity(chosen, seed.initial_loss).value);
  }
  return values;
}

Selection all_rates() {
  return [](const std::vector<RateLoss>& losses) { return losses; };
}

Selection rates_within(double low, double high) {
  return [=](const std::vector<RateLoss>& losses) { return scoring::within(losses, low, high); };
}

Selection rates_around_best(const RateCurves& curves, std::size_t count) {
  const auto chosen = scoring::around_best(mean_curve(curves), count);
  if (chosen.empty()) return all_rates();
  return rates_within(chosen.front().rate, chosen.back().rate);
}

std::map<double, std::vector<double>> logit_maxima(const Group& group) {
  return by_rate(group, [](const Result& result) {
    double largest = kNaN;
    for (const auto& evaluation : result.evaluations) {
      for (const auto& [name, value] : evaluation.recorded) {
        if (name.starts_with(kRecord) && name.ends_with(kLogitMax)) {
          largest = std::fmax(largest, value);
        }
      }
    }
    return largest;
  });
}

std::map<double, std::vector<double>> recorded_at_end(const Group& group, const std::string& name) {
  return by_rate(group, [&](const Result& result) {
    if (result.evaluations.empty()) return kNaN;
    const auto& recorded = result.evaluations.back().recorded;
    const auto found = recorded.find(kRecord + name);
    return found == recorded.end() ? kNaN : found->second;
  });
}

}  // namespace timetrial::study
