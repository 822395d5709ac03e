#include "workloads/data/criteo.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "workloads/data/fingerprint64.h"
#include "workloads/workload.h"

namespace timetrial::data {

namespace {

constexpr std::string_view kMissing = "-1", kMissingCategory = "00000000";

bool missing(std::string_view field) { return field.empty() || field == kMissing; }

/// The field's float32, 0 where it is missing.
float number(std::string_view field, const std::string& where, std::size_t column) {
  if (missing(field)) return 0;
  float value = 0;
  const char* end = field.data() + field.size();
  const auto [parsed_to, error] = std::from_chars(field.data(), end, value);
  if (error != std::errc() || parsed_to != end || !std::isfinite(value)) {
    throw workloads::DataError(where + ": field " + std::to_string(column + 1) + " is '" +
                               std::string(field) + "'; expected a number, nothing, or -1");
  }
  return value;
}

float category(std::string_view field, std::size_t column) {
  std::string text(missing(field) ? kMissingCategory : field);
  text += std::to_string(column);
  const auto vocabulary = static_cast<std::uint64_t>(kCriteoVocabularies[column]);
  return static_cast<float>(fingerprint64(text) % vocabulary);
}

}  // namespace

CriteoExample parse_criteo_row(std::string_view line, const std::string& where) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  constexpr std::size_t kFields = 1 + kCriteoColumns;
  const auto fields = static_cast<std::size_t>(std::count(line.begin(), line.end(), '\t')) + 1;
  if (fields != kFields) {
    throw workloads::DataError(where + ": " + std::to_string(fields) + " fields; expected " +
                               std::to_string(kFields) +
                               ", separated by tabs: a label, 13 numbers, 26 categories");
  }
  CriteoExample example;
  for (std::size_t i = 0; i < kFields; ++i) {
    const std::string_view field = line.substr(0, line.find('\t'));
    if (i == 0) {
      example.target = number(field, where, i);
    } else if (i <= kCriteoCounts) {
      example.inputs[i - 1] = std::log(std::max(number(field, where, i), 0.f) + 1.f);
    } else {
      example.inputs[i - 1] = category(field, i - 1 - kCriteoCounts);
    }
    line.remove_prefix(std::min(field.size() + 1, line.size()));
  }
  return example;
}

}  // namespace timetrial::data
