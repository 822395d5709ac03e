#include "scoring/speedup.h"

#include <cmath>
#include <map>

namespace timetrial::scoring {
namespace {

constexpr double kAfterTheBudget = 1;    // seconds
constexpr double kSelfTuningFactor = 3;  // compute_speedups.py, whatever the version

/// AlgoPerf v0.5, external tuning, seconds.
const std::map<std::string, double>& budgets_of_v0_5() {
  static const std::map<std::string, double> budgets{{"criteo1tb", 7703},
                                                     {"fastmri", 8859},
                                                     {"imagenet_resnet", 63008},
                                                     {"imagenet_vit", 77520},
                                                     {"librispeech_conformer", 61068},
                                                     {"librispeech_deepspeech", 55506},
                                                     {"ogbg", 18477},
                                                     {"wmt", 48151}};
  return budgets;
}

}  // namespace

std::vector<double> times_of_a_miss(const Results& results, Mode mode) {
  std::vector<double> times;
  for (const auto& workload : results.workloads) {
    double time = workload.budget_s + kAfterTheBudget;
    const auto known = budgets_of_v0_5().find(workload.name);
    if (is_compat(mode) && known != budgets_of_v0_5().end()) {
      const double factor = results.provenance.tuning == "self" ? kSelfTuningFactor : 1;
      time = factor * known->second + kAfterTheBudget;
    }
    times.push_back(time);
  }
  return times;
}

std::optional<double> mean_time_ratio(const std::vector<double>& medians, std::size_t workloads,
                                      std::size_t submission, std::size_t baseline,
                                      const std::vector<std::size_t>& scored,
                                      const std::vector<double>& times_of_a_miss) {
  double log_sum = 0;
  for (const std::size_t w : scored) {
    double own = medians[submission * workloads + w], other = medians[baseline * workloads + w];
    if (std::isinf(own)) own = times_of_a_miss[w];
    if (std::isinf(other)) other = times_of_a_miss[w];
    if (!(own > 0) || !(other > 0)) return std::nullopt;
    log_sum += std::log(own / other);
  }
  return std::exp(log_sum / static_cast<double>(scored.size()));
}

}  // namespace timetrial::scoring
