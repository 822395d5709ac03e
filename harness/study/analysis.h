#pragma once
// What is made of a study's results: statistics for its gates, tables and plots for its page.
//
// An analysis is one file: it reads groups of runs by their names, and registers with one line.

#include "harness/study/results.h"
#include "harness/study/verdict.h"
#include "scoring/plot_scatter.h"
#include "scoring/report_tables.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace timetrial::study {

struct Findings {
  std::map<std::string, Statistic> statistics;
  std::vector<scoring::TextTable> tables;
  std::vector<std::pair<std::string, scoring::Scatter>> plots;  ///< file name without extension
  std::vector<std::string> remarks;                             ///< a sentence each
};

struct Analysis {
  std::string kind;  ///< the word in a study's file
  std::vector<std::string> statistics;
  Findings (*analyse)(const Results& results);
};

/// Throws InputError naming the nearest known kinds.
const Analysis& find_analysis(const std::string& kind);

// The analyses, each in its file.
extern const Analysis kCurvatureAnalysis;      ///< curvature_analysis.cpp
extern const Analysis kExtrapolationAnalysis;  ///< extrapolation_analysis.cpp
extern const Analysis kFeaturesAnalysis;       ///< features_analysis.cpp
extern const Analysis kOptimumAnalysis;        ///< optimum_analysis.cpp
extern const Analysis kOrderAnalysis;          ///< order_analysis.cpp
extern const Analysis kSensitivityAnalysis;    ///< sensitivity_analysis.cpp
extern const Analysis kStabilityAnalysis;      ///< stability_analysis.cpp
extern const Analysis kTradeoffAnalysis;       ///< tradeoff_analysis.cpp
extern const Analysis kVariantsAnalysis;       ///< variants_analysis.cpp

}  // namespace timetrial::study
