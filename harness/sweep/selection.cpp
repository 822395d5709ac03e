#include "harness/sweep/selection.h"

#include "harness/trial/error.h"
#include "harness/trial/suggest.h"

#include <algorithm>
#include <set>

namespace timetrial::sweep {

std::vector<std::string> select(const std::vector<std::string>& patterns, const std::string& kind,
                                const std::vector<std::string>& known) {
  std::set<std::string> chosen;
  if (patterns.empty() || patterns.front().starts_with('!')) {
    chosen.insert(known.begin(), known.end());
  }
  for (const auto& pattern : patterns) {
    const bool removes = pattern.starts_with('!');
    const std::string glob = removes ? pattern.substr(1) : pattern;
    bool matched = false;
    for (const auto& name : known) {
      if (!glob_match(glob, name)) continue;
      matched = true;
      if (removes) {
        chosen.erase(name);
      } else {
        chosen.insert(name);
      }
    }
    if (!matched) throw InputError(unknown_name(kind, glob, known));
  }
  if (chosen.empty()) throw InputError("the selection leaves no " + kind);
  std::vector<std::string> result;
  std::copy_if(known.begin(), known.end(), std::back_inserter(result),
               [&](const std::string& name) { return chosen.count(name) != 0; });
  return result;
}

}  // namespace timetrial::sweep
