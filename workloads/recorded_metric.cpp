#include "workloads/recorded_metric.h"

#include "harness/trial/error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>

namespace timetrial::workloads {
namespace {

std::vector<RecordedMetric>& entries() {
  static std::vector<RecordedMetric> list;
  return list;
}

std::string known_names() {
  std::string names;
  for (const RecordedMetric& one : entries()) names += (names.empty() ? "" : ", ") + one.name;
  return names;
}

/// "metric_ogbg_eval.json" -> "ogbg_eval".
std::string subject_of(const std::filesystem::path& file) {
  std::string stem = file.stem().string();
  for (const std::string prefix : {"metric_", "data_"}) {
    if (stem.starts_with(prefix)) return stem.substr(prefix.size());
  }
  return stem;
}

bool has_all(const nlohmann::json& record, const std::vector<std::string>& keys) {
  return !keys.empty() && std::all_of(keys.begin(), keys.end(),
                                      [&](const std::string& key) { return record.contains(key); });
}

}  // namespace

const std::vector<RecordedMetric>& recorded_metrics() { return entries(); }

const RecordedMetric& recorded_metric(const nlohmann::json& record,
                                      const std::filesystem::path& file) {
  const auto& list = entries();
  if (record.contains("metric") && record["metric"].is_string()) {
    const auto name = record["metric"].get<std::string>();
    for (const RecordedMetric& one : list) {
      if (one.name == name) return one;
    }
  }
  // The longest name that the file's name begins with, so that "wmt_pack_2" is a "wmt_pack".
  const std::string subject = subject_of(file);
  const RecordedMetric* best = nullptr;
  for (const RecordedMetric& one : list) {
    if (subject.starts_with(one.name) && (!best || one.name.size() > best->name.size())) {
      best = &one;
    }
  }
  if (best) return *best;
  std::size_t matches = 0;
  for (const RecordedMetric& one : list) {
    if (has_all(record, one.keys)) best = &one, ++matches;
  }
  if (matches == 1) return *best;
  throw InputError(file.string() + ": " +
                   (matches ? "fits more than one metric" : "no known metric") +
                   "; expected \"metric\" to be one of " + known_names());
}

bool add(RecordedMetric metric) {
  auto& list = entries();
  const auto place = std::lower_bound(
      list.begin(), list.end(), metric.name,
      [](const RecordedMetric& one, const std::string& name) { return one.name < name; });
  if (place != list.end() && place->name == metric.name) {
    throw std::logic_error("recorded metric '" + metric.name + "' is registered twice");
  }
  list.insert(place, std::move(metric));
  return true;
}

CheckResult compared(std::string name, double error, double tolerance, std::string detail) {
  return {std::move(name), error <= tolerance, error, tolerance, std::move(detail)};
}

}  // namespace timetrial::workloads
