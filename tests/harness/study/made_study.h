#pragma once
// A small study for tests, and results that nobody had to train for.

#include "harness/study/results.h"

#include <map>
#include <string>

namespace timetrial::study {

/// Text of a study that parses: two groups, a gate and a control. `analysis` is the text of its
/// table.
std::string study_text(const std::string& analysis);

/// A completed run at one point.
Result made_result(const tuning::Point& point, int seed, std::map<std::string, double> metrics);

}  // namespace timetrial::study
