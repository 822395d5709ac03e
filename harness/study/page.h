#pragma once
// A study as a page: claim, verdict, gates, tables, plots, what differs from the paper, and the
// command that makes it again.

#include "harness/study/analysis.h"

#include <string>
#include <utility>
#include <vector>

namespace timetrial::study {

struct StudyReport {
  Results results;
  Findings findings;
  std::vector<GateResult> gates;
  Verdict verdict = Verdict::inconclusive;
  std::vector<std::pair<std::string, std::string>> provenance;  ///< names and values
};

/// Analyses and judges. Throws InputError for a study whose file does not fit its analysis.
StudyReport make_report(Results results);

/// What was found in one line: "reproduced", or why there is no verdict.
std::string verdict_text(const StudyReport& report);

/// Name of a file and its content: NAME.md, NAME.html (with everything in it), NAME-PLOT.svg.
std::vector<std::pair<std::string, std::string>> pages(const StudyReport& report);

/// For a terminal.
std::string to_text(const StudyReport& report);
/// Keys: schema, study, hash, short, missing, verdict, gates, statistics.
std::string to_json(const StudyReport& report);

}  // namespace timetrial::study
