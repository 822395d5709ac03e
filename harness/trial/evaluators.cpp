#include "harness/trial/evaluators.h"

#include "harness/trial/error.h"

#include <algorithm>

namespace timetrial {

void require_evaluator_names(const std::vector<std::string>& names) {
  if (names.empty()) throw InputError("expected the names of evaluators, or all");
  for (const auto& name : names) {
    const bool plain = std::all_of(name.begin(), name.end(),
                                   [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
    if (name.empty() || !plain) {
      throw InputError("'" + name +
                       "' is no evaluator; expected names such as calibration, or all");
    }
    if (std::count(names.begin(), names.end(), name) > 1) {
      throw InputError("evaluator " + name + " is listed twice");
    }
    if (name == kEveryEvaluator && names.size() > 1) {
      throw InputError("all means every evaluator: list it alone");
    }
  }
}

}  // namespace timetrial
