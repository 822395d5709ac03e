#pragma once
// From statistics and thresholds to a verdict.
//
// A gate          holds when the whole interval of its statistic is on the right side of the
//                 threshold, fails when the whole interval is on the wrong side, and is open between
// A precondition  is a gate without which the experiment cannot tell anything
// A control       is a gate that must not hold: where it holds, neither can it
// Reproduced      every gate and precondition holds, every control fails
// Not reproduced  a gate fails, and every precondition and control does its work
// Inconclusive    anything else, and whatever is missing

#include "harness/study/study.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace timetrial::study {

/// A statistic with the interval that seeds leave (95 %); equal ends where it has none.
struct Statistic {
  double value = 0, low = 0, high = 0;
  std::string meaning;  ///< a sentence, with its unit

  static Statistic exact(double value, std::string meaning) {
    return {value, value, value, std::move(meaning)};
  }
};

enum class GateState { holds, fails, open };
const char* to_string(GateState state);

struct GateResult {
  Gate gate;
  std::optional<Statistic> statistic;  ///< absent: the analysis could not tell
  GateState state = GateState::open;
  bool as_expected() const {
    return state == (gate.kind == GateKind::control ? GateState::fails : GateState::holds);
  }
};

enum class Verdict { reproduced, not_reproduced, inconclusive };
const char* to_string(Verdict verdict);

/// One result for each gate. Throws InputError for a gate on a statistic that the analysis does not
/// have; `known` are those that it can have.
std::vector<GateResult> judge(const std::vector<Gate>& gates,
                              const std::map<std::string, Statistic>& statistics,
                              const std::vector<std::string>& known);

Verdict verdict_of(const std::vector<GateResult>& gates);

/// Mean with Student's 95 % interval; nothing for an empty list or a value that is not finite. One
/// value alone has an interval without ends.
std::optional<Statistic> mean_interval(const std::vector<double>& values, std::string meaning);

}  // namespace timetrial::study
