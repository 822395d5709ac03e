#include "scoring/bootstrap.h"

#include "scoring/performance_profile.h"
#include "scoring/time_to_target.h"

#include <timetrial/random.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace timetrial::scoring {
namespace {

constexpr double kRounding = 1e-12;
constexpr double kTail = 0.025;

/// Probability of at least `least` successes in `n` tries with probability p.
double at_least(int n, int least, double p) {
  double sum = 0;
  for (int k = least; k <= n; ++k) {
    const double ways =
        std::exp(std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0));
    sum += ways * std::pow(p, k) * std::pow(1 - p, n - k);
  }
  return sum;
}

/// Draws the median of a cell's studies, resampled with replacement. Of an odd number of draws the
/// median is one of the studies, and which one has a known distribution: the i-th smallest or below
/// exactly when at least half of the draws are. So one random number does for all of them.
class MedianDraw {
 public:
  explicit MedianDraw(std::vector<double> times) : sorted_(std::move(times)) {
    std::sort(sorted_.begin(), sorted_.end());
    const int n = static_cast<int>(sorted_.size());
    if (n % 2 == 0) return;
    for (int i = 0; i < n; ++i) {
      cumulative_.push_back(at_least(n, n / 2 + 1, static_cast<double>(i + 1) / n));
    }
    cumulative_.back() = 1;
  }

  bool constant() const { return sorted_.empty() || sorted_.front() == sorted_.back(); }

  /// The value without any drawing: for constant cells.
  double constant_value() const {
    return sorted_.empty() ? std::numeric_limits<double>::quiet_NaN() : sorted_.front();
  }

  /// `bits`: uniform, 32 bits; `more`: the key and counter for further ones.
  double draw(std::uint32_t bits, std::uint64_t key, std::uint32_t cell, std::uint32_t resample) {
    if (!cumulative_.empty()) {
      const double u = (bits + 0.5) * 0x1p-32;
      std::size_t at = 0;  // counted rather than searched: no branch to mispredict
      for (const double share : cumulative_) at += u >= share ? 1 : 0;
      return sorted_[at];
    }
    const std::size_t n = sorted_.size();
    chosen_.resize(n);
    std::array<std::uint32_t, 4> block{};
    for (std::size_t i = 0; i < n; ++i) {
      if (i % 4 == 0) {
        block =
            philox4x32({resample, cell, static_cast<std::uint32_t>(i / 4), 1},
                       {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)});
      }
      chosen_[i] = static_cast<std::uint32_t>((std::uint64_t{block[i % 4]} * n) >> 32);
    }
    std::sort(chosen_.begin(), chosen_.end());
    return (sorted_[chosen_[n / 2 - 1]] + sorted_[chosen_[n / 2]]) / 2;
  }

 private:
  std::vector<double> sorted_;
  std::vector<double> cumulative_;  // of the median's index; empty for an even number
  std::vector<std::uint32_t> chosen_;
};

Interval quantiles(std::vector<double>& values) {
  const auto at = [&](double share) {
    const auto index =
        static_cast<std::ptrdiff_t>(std::lround(share * static_cast<double>(values.size() - 1)));
    std::nth_element(values.begin(), values.begin() + index, values.end());
    return values[static_cast<std::size_t>(index)];
  };
  const double low = at(kTail);
  return {low, at(1 - kTail)};
}

/// The submissions of the field by falling score.
std::vector<std::size_t> order_of(const std::vector<double>& scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  return order;
}

/// Whether scores fall along `order`; equal ones may stand either way.
bool fall_along(const std::vector<std::size_t>& order, const std::vector<double>& scores) {
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (scores[order[i]] > scores[order[i - 1]] + kRounding) return false;
  }
  return true;
}

/// Scores of one matrix of medians after another, in the same memory.
class Scorer {
 public:
  Scorer(const Field& field, const Options& options) : field_(field), options_(options) {}

  const std::vector<double>& score(const std::vector<double>& medians) {
    times_ = medians;
    apply_gates(field_, times_, nullptr);
    ratios_to_best(field_, times_, ratios_);
    const std::size_t scored = ratios_.size() / field_.submissions();
    scores_.assign(field_.submissions(), 0.0);
    for (std::size_t s = 0; s < field_.submissions(); ++s) {
      if (!field_.competes[s]) continue;
      const std::span<const double> own(ratios_.data() + s * scored, scored);
      scores_[s] =
          is_compat(options_.mode) ? grid_score(own) : profile_score(own, options_.tau_max);
    }
    return scores_;
  }

 private:
  const Field& field_;
  const Options& options_;
  std::vector<double> times_, ratios_, scores_;
};

}  // namespace

std::vector<double> field_scores(const Field& field, const std::vector<double>& medians,
                                 const Options& options) {
  return Scorer(field, options).score(medians);
}

std::vector<int> ranks_of(const Field& field, const std::vector<double>& scores) {
  std::vector<double> rising;
  rising.reserve(scores.size());
  for (std::size_t s = 0; s < scores.size(); ++s) {
    if (field.competes[s]) rising.push_back(scores[s]);
  }
  std::sort(rising.begin(), rising.end());
  std::vector<int> ranks;
  ranks.reserve(scores.size());
  for (const double score : scores) {
    const auto better = std::upper_bound(rising.begin(), rising.end(), score + kRounding);
    ranks.push_back(1 + static_cast<int>(rising.end() - better));
  }
  return ranks;
}

Uncertainty bootstrap(const Field& field, const std::vector<std::vector<double>>& times,
                      const Options& options) {
  const std::size_t submissions = field.submissions();
  const auto resamples = static_cast<std::size_t>(options.resamples);
  const std::uint64_t key = derive_seed(options.seed, "bootstrap", 0);
  std::vector<MedianDraw> cells;
  std::vector<double> medians;
  for (const auto& studies : times) {
    cells.emplace_back(studies);
    medians.push_back(studies.empty() ? std::numeric_limits<double>::quiet_NaN() : median(studies));
  }
  const auto point_order = order_of(field_scores(field, medians, options));
  for (std::size_t c = 0; c < cells.size(); ++c) {
    if (cells[c].constant()) medians[c] = cells[c].constant_value();
  }

  std::vector<std::vector<double>> scores(submissions), ranks(submissions);
  for (auto& list : scores) list.reserve(resamples);
  for (auto& list : ranks) list.reserve(resamples);
  Scorer scorer(field, options);
  Uncertainty result;
  result.first.assign(submissions, 0);
  for (std::size_t r = 0; r < resamples; ++r) {
    const auto resample = static_cast<std::uint32_t>(r);
    std::array<std::uint32_t, 4> block{};
    for (std::size_t c = 0; c < cells.size(); ++c) {
      const auto cell = static_cast<std::uint32_t>(c);
      if (c % 4 == 0) {
        block = philox4x32({resample, cell / 4, 0, 0}, {static_cast<std::uint32_t>(key),
                                                        static_cast<std::uint32_t>(key >> 32)});
      }
      if (!cells[c].constant()) medians[c] = cells[c].draw(block[c % 4], key, cell, resample);
    }
    const auto& drawn = scorer.score(medians);
    const auto drawn_ranks = ranks_of(field, drawn);
    const auto winners = std::count(drawn_ranks.begin(), drawn_ranks.end(), 1);
    for (std::size_t s = 0; s < submissions; ++s) {
      scores[s].push_back(drawn[s]);
      ranks[s].push_back(drawn_ranks[s]);
      if (drawn_ranks[s] == 1) result.first[s] += 1.0 / static_cast<double>(winners);
    }
    result.same_order += fall_along(point_order, drawn) ? 1 : 0;
  }
  result.same_order /= static_cast<double>(resamples);
  for (std::size_t s = 0; s < submissions; ++s) {
    result.score.push_back(quantiles(scores[s]));
    result.rank.push_back(quantiles(ranks[s]));
    result.first[s] /= static_cast<double>(resamples);
  }
  return result;
}

}  // namespace timetrial::scoring
