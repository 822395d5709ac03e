#pragma once
// What configurations of multi-task workloads look like as text, and how a bad field is refused.

#include "workloads/workload.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace timetrial::multitask {

/// "10 10".
inline std::string text_of(const std::vector<std::int64_t>& values) {
  std::string text;
  for (const std::int64_t value : values) {
    if (!text.empty()) text += ' ';
    text += std::to_string(value);
  }
  return text;
}
inline std::string text_of(std::int64_t value) { return std::to_string(value); }

/// Throws ConfigError "<field> = <value>; <allowed>" unless it `holds`.
template <typename Value>
void require(bool holds, const char* field, const Value& value, const std::string& allowed) {
  if (holds) return;
  throw workloads::ConfigError(std::string(field) + " = " + text_of(value) + "; " + allowed);
}

/// Of the layers of a network.
inline void require_widths(const char* field, const std::vector<std::int64_t>& widths) {
  require(!widths.empty() && *std::min_element(widths.begin(), widths.end()) >= 1, field, widths,
          "name at least one layer, each at least 1 wide");
}

}  // namespace timetrial::multitask
