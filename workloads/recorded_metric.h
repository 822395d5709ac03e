#pragma once
// Metrics, losses and preprocessing against numbers that a reference implementation recorded:
// `timetrial metric check F.json`. Whoever implements one registers, beside it, how a record of it
// is compared:
//
//   std::vector<CheckResult> check_bleu(const nlohmann::json& record, const
//   std::filesystem::path&); TIMETRIAL_RECORDED_METRIC("bleu", check_bleu, "cases");

#include "harness/trial/check_result.h"

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace timetrial::workloads {

/// `record` is the parsed file, `file` its path (for tensors in a .safetensors beside it). Returns
/// one result per number or group of numbers. What the record lacks or has in another shape may
/// throw nlohmann::json's exceptions: the caller names the file.
using RecordedCheck = std::function<std::vector<CheckResult>(const nlohmann::json& record,
                                                             const std::filesystem::path& file)>;

struct RecordedMetric {
  std::string name;  ///< the record's "metric"; else the file's name is metric_NAME… or data_NAME…
  std::vector<std::string> keys;  ///< fields of a record, which tell it where neither name does
  RecordedCheck check;
};

/// All that are linked in, sorted by name.
const std::vector<RecordedMetric>& recorded_metrics();

/// The one for this record: by its "metric", by the file's name, by its fields, in that order.
/// Throws InputError naming file and known metrics when there is none, or more than one.
const RecordedMetric& recorded_metric(const nlohmann::json& record,
                                      const std::filesystem::path& file);

/// Called by the macro below; returns true.
bool add(RecordedMetric metric);

/// A result named `name` of a largest difference against a tolerance; passes unless it is larger
/// or NaN.
CheckResult compared(std::string name, double error, double tolerance, std::string detail = {});

}  // namespace timetrial::workloads

#define TIMETRIAL_RECORDED_CONCAT_(a, b) a##b
#define TIMETRIAL_RECORDED_CONCAT(a, b) TIMETRIAL_RECORDED_CONCAT_(a, b)

/// TIMETRIAL_RECORDED_METRIC(name, check, keys…)
#define TIMETRIAL_RECORDED_METRIC(metric_name, check_function, ...)                         \
  [[maybe_unused]] static const bool TIMETRIAL_RECORDED_CONCAT(registered_recorded_metric_, \
                                                               __COUNTER__) =               \
      ::timetrial::workloads::add(                                                          \
          ::timetrial::workloads::RecordedMetric{metric_name, {__VA_ARGS__}, check_function})
