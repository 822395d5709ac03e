#include "harness/sweep/blind_comparison.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace timetrial::sweep {
namespace {

/// The 97.5 % quantile of Student's t.
double student_t(std::size_t degrees) {
  constexpr std::array kTable{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
                              2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
                              2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
                              2.060,  2.056, 2.052, 2.048, 2.045, 2.042};
  if (degrees <= kTable.size()) return kTable[degrees - 1];
  return 1.96 + 2.4 / static_cast<double>(degrees);  // to 0.003 beyond 30
}

double value_of(const Evaluation& evaluation, const std::string& metric) {
  const auto found = evaluation.metrics.find(metric);
  return found == evaluation.metrics.end() ? std::nan("") : found->second;
}

bool same_steps(const BlindPair& pair) {
  return !pair.plain.empty() &&
         std::equal(pair.plain.begin(), pair.plain.end(), pair.blind.begin(), pair.blind.end(),
                    [](const Evaluation& a, const Evaluation& b) { return a.step == b.step; });
}

bool same_bits(const BlindPair& pair) {
  return std::equal(pair.plain.begin(), pair.plain.end(), pair.blind.begin(), pair.blind.end(),
                    [](const Evaluation& a, const Evaluation& b) {
                      return a.parameter_hash == b.parameter_hash;
                    });
}

/// Over the evaluations that both have a number for: a mean of all, so that no chosen moment
/// decides.
std::optional<double> mean_difference(const BlindPair& pair, const std::string& metric) {
  double sum = 0;
  int count = 0;
  for (std::size_t i = 0; i < pair.plain.size(); ++i) {
    const double difference = value_of(pair.blind[i], metric) - value_of(pair.plain[i], metric);
    if (!std::isfinite(difference)) continue;
    sum += difference;
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / count;
}

std::optional<double> time_to_target(const std::vector<Evaluation>& evaluations,
                                     const BlindTerms& terms) {
  for (const auto& evaluation : evaluations) {
    const double value = value_of(evaluation, terms.metric);
    if (terms.higher_is_better ? value >= terms.target : value <= terms.target) {
      return evaluation.submission_time_s;
    }
  }
  return std::nullopt;
}

std::string ending(const Outcome& outcome) {
  return fmt::format("{}{}{}", to_string(outcome.kind), outcome.reason.empty() ? "" : ": ",
                     outcome.reason);
}

bool excludes_zero(const std::optional<Interval>& interval) {
  return interval && (interval->low > 0 || interval->high < 0);
}

bool is_slower_or_faster(const std::optional<Interval>& ratio) {
  return ratio && (ratio->low > 1 + kTimeSlack || ratio->high < 1 / (1 + kTimeSlack));
}

BlindVerdict verdict_of(const BlindComparison& result) {
  const auto endings = static_cast<int>(result.ended_differently.size());
  if (result.pairs + endings < kFewestPairs) return BlindVerdict::too_few_pairs;
  if (endings > 0 || excludes_zero(result.metric) || is_slower_or_faster(result.time_to_target)) {
    return BlindVerdict::changes;
  }
  return result.metric ? BlindVerdict::no_change : BlindVerdict::too_few_pairs;
}

}  // namespace

const char* to_string(BlindVerdict verdict) {
  switch (verdict) {
    case BlindVerdict::no_change:
      return "no change beyond noise";
    case BlindVerdict::changes:
      return "changes";
    case BlindVerdict::too_few_pairs:
      return "too few pairs";
  }
  return "unknown";
}

std::optional<Interval> interval_of(const std::vector<double>& values) {
  if (values.size() < kFewestPairs) return std::nullopt;
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double half = student_t(values.size() - 1) * std::sqrt(squares / (n - 1) / n);
  return Interval{mean, mean - half, mean + half, static_cast<int>(values.size())};
}

BlindComparison compare_blind(const std::vector<BlindPair>& pairs, const BlindTerms& terms) {
  BlindComparison result;
  std::vector<double> differences, log_ratios;
  for (const auto& pair : pairs) {
    if (pair.plain_outcome.kind != pair.blind_outcome.kind || !same_steps(pair)) {
      result.ended_differently.push_back(fmt::format(
          "plain {}, blind {}", ending(pair.plain_outcome), ending(pair.blind_outcome)));
      continue;
    }
    ++result.pairs;
    if (same_bits(pair)) ++result.same_bits;
    if (const auto difference = mean_difference(pair, terms.metric)) {
      differences.push_back(*difference);
    }
    const auto plain = time_to_target(pair.plain, terms), blind = time_to_target(pair.blind, terms);
    result.plain_reached += plain ? 1 : 0;
    result.blind_reached += blind ? 1 : 0;
    if (plain && blind) log_ratios.push_back(std::log(*blind / *plain));
  }
  result.metric = interval_of(differences);
  if (const auto logs = interval_of(log_ratios)) {
    result.time_to_target =
        Interval{std::exp(logs->mean), std::exp(logs->low), std::exp(logs->high), logs->pairs};
  }
  result.verdict = verdict_of(result);
  return result;
}

}  // namespace timetrial::sweep
