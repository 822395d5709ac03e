#include "harness/study/analysis.h"

#include "harness/trial/error.h"
#include "harness/trial/suggest.h"

namespace timetrial::study {

const Analysis& find_analysis(const std::string& kind) {
  std::vector<std::string> kinds;
  for (const auto* analysis : {&kCurvatureAnalysis, &kExtrapolationAnalysis, &kFeaturesAnalysis,
                               &kOptimumAnalysis, &kOrderAnalysis, &kSensitivityAnalysis,
                               &kStabilityAnalysis, &kTradeoffAnalysis, &kVariantsAnalysis}) {
    if (analysis->kind == kind) return *analysis;
    kinds.push_back(analysis->kind);
  }
  throw InputError(unknown_name("analysis", kind, kinds));
}

}  // namespace timetrial::study
