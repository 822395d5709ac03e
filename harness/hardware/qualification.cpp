#include "harness/hardware/qualification.h"

#include "harness/trial/error.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace timetrial::hardware {

Measurement parse_measurement(const std::string& json) {
  try {
    const auto answer = nlohmann::json::parse(json);
    Measurement measurement;
    measurement.device = answer.at("device");
    measurement.threads = answer.at("threads");
    for (const auto& measure : kMeasures) {
      const auto& value = answer.at(measure.key);
      measurement.values[measure.key] = {.median = value.at("median"),
                                         .low = value.at("low"),
                                         .high = value.at("high"),
                                         .repeats = value.at("repeats")};
    }
    return measurement;
  } catch (const nlohmann::json::exception& error) {
    throw InputError(std::string("timetrial-worker measures in an unknown way (") + error.what() +
                     "); install timetrial and timetrial-worker of one build");
  }
}

std::vector<std::string> outside(const Qualification& qualification,
                                 const Measurement& measurement) {
  std::vector<std::string> problems;
  for (const auto& measure : kMeasures) {
    const auto range = qualification.ranges.find(measure.key);
    const auto value = measurement.values.find(measure.key);
    if (range == qualification.ranges.end() || value == measurement.values.end()) continue;
    const double median = value->second.median;
    const auto [min, max] = range->second;
    if (median < min) {
      problems.push_back(fmt::format("{}: {:.4g} {}, {:.0f} % below the least expected, {:g}",
                                     measure.key, median, measure.unit, 100 * (1 - median / min),
                                     min));
    } else if (median > max) {
      problems.push_back(fmt::format("{}: {:.4g} {}, {:.0f} % above the most expected, {:g}",
                                     measure.key, median, measure.unit, 100 * (median / max - 1),
                                     max));
    }
  }
  return problems;
}

}  // namespace timetrial::hardware
