#include "harness/sweep/selection.h"

#include "harness/sweep/suites.h"
#include "harness/trial/error.h"
#include "harness/trial/suggest.h"

#include <algorithm>
#include <iterator>
#include <set>

namespace timetrial::sweep {
namespace {

/// Those of `known` that a glob, or a suite, names.
std::vector<std::string> matches(const std::string& glob, const std::vector<std::string>& known) {
  const std::string prefix = kSuitePrefix;
  if (glob.starts_with(prefix)) return members(find_suite(glob.substr(prefix.size())), known);
  std::vector<std::string> result;
  std::copy_if(known.begin(), known.end(), std::back_inserter(result),
               [&](const std::string& name) { return glob_match(glob, name); });
  return result;
}

}  // namespace

std::vector<std::string> apply(const std::vector<std::string>& patterns,
                               const std::vector<std::string>& known,
                               const std::function<void(const std::string& glob)>& unmatched) {
  std::set<std::string> chosen;
  if (patterns.empty() || patterns.front().starts_with('!')) {
    chosen.insert(known.begin(), known.end());
  }
  for (const auto& pattern : patterns) {
    const bool removes = pattern.starts_with('!');
    const std::string glob = removes ? pattern.substr(1) : pattern;
    const auto matched = matches(glob, known);
    if (matched.empty()) unmatched(glob);
    for (const auto& name : matched) {
      if (removes) {
        chosen.erase(name);
      } else {
        chosen.insert(name);
      }
    }
  }
  std::vector<std::string> result;
  std::copy_if(known.begin(), known.end(), std::back_inserter(result),
               [&](const std::string& name) { return chosen.count(name) != 0; });
  return result;
}

std::vector<std::string> select(const std::vector<std::string>& patterns, const std::string& kind,
                                const std::vector<std::string>& known) {
  const auto chosen = apply(patterns, known, [&](const std::string& glob) {
    throw InputError(unknown_name(kind, glob, known));
  });
  if (chosen.empty()) throw InputError("the selection leaves no " + kind);
  return chosen;
}

}  // namespace timetrial::sweep
