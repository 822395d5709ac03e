#pragma once
// The selection grammar of the command line: globs, repeatable, `!` takes away; of workloads also
// suite:NAME (suites.h).

#include <functional>
#include <string>
#include <vector>

namespace timetrial::sweep {

/// The names of `known` that `patterns` leave, in the order of `known`; tells `unmatched` of each
/// glob that matches nothing.
std::vector<std::string> apply(const std::vector<std::string>& patterns,
                               const std::vector<std::string>& known,
                               const std::function<void(const std::string& glob)>& unmatched);

/// The names of `known` that `patterns` select, in the order of `known`. A pattern is a glob; with
/// `!` in front it removes; if the first pattern removes, it removes from all. Throws InputError
/// for a pattern that matches nothing (naming the nearest known names), and for an empty result.
std::vector<std::string> select(const std::vector<std::string>& patterns, const std::string& kind,
                                const std::vector<std::string>& known);

}  // namespace timetrial::sweep
