#pragma once
// How to score: which rules, and what may be asked of stored curves without running anything again.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace timetrial::scoring {

inline constexpr double kTauMax = 4;  ///< AlgoPerf's

enum class Mode {
  exact,        ///< earliest time of a study, closed-form integral; docs/scoring.md
  compat_v0_5,  ///< AlgoPerf's scorer for its v0.5, quirks included
  compat_v0_6,  ///< likewise for v0.6: the same rules without held-out variants
};
const char* to_string(Mode mode);
/// "exact", "compat-v0.5" or "compat-v0.6". Throws InputError that lists the modes there are.
Mode parse_mode(const std::string& text);
inline bool is_compat(Mode mode) { return mode != Mode::exact; }

/// The first group holds in every mode, the second in `exact` alone: the published numbers have one
/// reading.
struct Options {
  Mode mode = Mode::exact;
  std::vector<std::string> workloads = {};  ///< names or globs of scored workloads; empty: all
  /// Whose times the ratios and the limit refer to; empty: everybody's. With a fixed set a newcomer
  /// changes nobody else's score.
  std::vector<std::string> reference_set = {};
  std::string baseline = {};  ///< speed-ups are relative to it; empty: "baseline" if there is one
  int resamples = 10'000;     ///< of the bootstrap; 0: no intervals
  std::uint64_t seed = 1;     ///< of the bootstrap

  double tau_max = kTauMax;  ///< > 1; slower than this many times the best counts as never
  std::map<std::string, double> targets = {};    ///< other validation targets, by workload
  std::map<std::string, double> budgets_s = {};  ///< other budgets, by workload
  double budget_factor = 1;                      ///< on every budget that is not named above
  bool interpolate = false;                      ///< between last miss and first hit
  bool ignore_missing_studies = false;  ///< median over the studies there are, as AlgoPerf does
};

}  // namespace timetrial::scoring
