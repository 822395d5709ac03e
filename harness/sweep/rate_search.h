#pragma once
// The largest learning rate at which training is stable, by bisection. Says which rate to try next;
// who asks tries it and tells.
//
//   sweep::RateSearch search({.low = 1e-3, .high = 10});
//   while (const auto rate = search.next()) search.add(*rate, is_stable(*rate));
//   search.answer();
//
// From the middle of the range, in logarithms, it goes outwards by doubling or halving until a
// stable and an unstable rate are known, then halves the distance of their logarithms until their
// quotient is at most the resolution. At last it tries twice the unstable rate and half of the
// stable one, unless it has been as far out: were stability monotone in the rate that would be in
// vain, so it is how a search notices that it is not. What is below the lowest unstable rate
// counts: when a lower one turns up, the search goes on there.
//
// Rates have four significant digits, so that what is printed is what was tried, and they depend on
// options and verdicts alone, so that a search that was interrupted asks for the same ones again.

#include <optional>
#include <utility>
#include <vector>

namespace timetrial::sweep {

struct RateRange {
  double low = 1e-3, high = 10;
  double resolution = 1.1;  ///< the largest quotient of the unstable and the stable rate
};

enum class RateAnswer {
  bracketed,
  all_stable,   ///< the whole range, as far as it was tried
  all_unstable  ///< likewise
};
/// The spelling of the JSON.
const char* to_string(RateAnswer answer);

struct StableRate {
  RateAnswer answer = RateAnswer::bracketed;
  std::optional<double> stable;      ///< the largest one below every unstable one
  std::optional<double> unstable;    ///< the lowest one
  std::vector<double> stable_above;  ///< rates above it that were stable, rising
};

class RateSearch {
 public:
  static constexpr double kFinestResolution = 1.01;

  /// Throws InputError unless 0 < low < high, both finite, and the resolution is at least
  /// kFinestResolution.
  explicit RateSearch(const RateRange& range);

  /// The next rate to try; none when the answer is known.
  std::optional<double> next() const;
  void add(double rate, bool stable);
  /// As far as is known.
  StableRate answer() const;

 private:
  std::optional<double> lowest_unstable() const;
  std::optional<double> highest_stable_below(double rate) const;
  bool was_tried(double rate) const;
  std::optional<double> next_within(double stable, double unstable) const;

  RateRange range_;
  std::vector<std::pair<double, bool>> tried_;  ///< by rate
};

}  // namespace timetrial::sweep
