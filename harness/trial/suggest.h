#pragma once
// "unknown workload 'fashion_vit'; nearest: fashion_mnist_vit, …"

#include <string>
#include <vector>

namespace timetrial {

/// The known names nearest to `name` by edit distance, best first, at most `count`.
std::vector<std::string> nearest(const std::string& name, const std::vector<std::string>& known,
                                 std::size_t count = 3);
/// "unknown <kind> '<name>'; did you mean a, b or c?"
std::string unknown_name(const std::string& kind, const std::string& name,
                         const std::vector<std::string>& known);
/// Whether a shell glob (`*`, `?`, `[…]`) matches the whole name.
bool glob_match(const std::string& pattern, const std::string& name);

}  // namespace timetrial
