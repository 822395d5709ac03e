#pragma once
// Named lists of workloads, for a selection: `-w suite:vit`, `timetrial workload list --suite vit`.
//
// Which workloads count for a score, and with what targets, is a rule set's; a suite only says what
// belongs together.

#include <string>
#include <vector>

namespace timetrial::sweep {

/// In front of a suite's name in a selection.
inline constexpr const char* kSuitePrefix = "suite:";

struct Suite {
  std::string name;
  std::string meaning;                ///< a few words
  std::vector<std::string> patterns;  ///< globs of workloads, `!` takes away (selection.h)
};

/// Sorted by name.
const std::vector<Suite>& suites();
/// Throws InputError naming the nearest ones.
const Suite& find_suite(const std::string& name);

/// Those of `known` that belong to the suite, in their order.
std::vector<std::string> members(const Suite& suite, const std::vector<std::string>& known);

}  // namespace timetrial::sweep
