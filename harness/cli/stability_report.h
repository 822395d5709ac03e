#pragma once
// What `timetrial stability` says: for people as the search goes on, for machines in the end.

#include "harness/sweep/rate_search.h"
#include "harness/tuning/search_space.h"
#include "scoring/sweep_divergence.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace timetrial::cli {

/// The hyperparameter that is searched for.
inline constexpr const char* kSearchedRate = "learning_rate";

/// What became of the seeds of one rate.
struct TriedRate {
  double rate = 0;
  bool stable = true;
  std::vector<scoring::TrialDivergence> seeds;
};

/// A search and what it found.
struct RateFinding {
  std::string submission, workload;
  int seeds = 0;
  std::int64_t steps = 0;
  tuning::Point point;  ///< the other hyperparameters
  sweep::RateRange range;
  std::vector<TriedRate> tried;  ///< in the order in which they were
  sweep::StableRate answer;
};

/// What is going to be tried.
void print_terms(const RateFinding& finding);
void print_rate(const TriedRate& tried);
void print_answer(const RateFinding& finding);
nlohmann::ordered_json to_json(const RateFinding& finding);

}  // namespace timetrial::cli
