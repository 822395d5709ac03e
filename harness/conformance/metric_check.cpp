#include "harness/conformance/metric_check.h"

#include "harness/conformance/recorded_losses.h"
#include "harness/jsonfile/recorded_pair.h"
#include "harness/jsonfile/strict_json.h"
#include "harness/trial/error.h"
#include "workloads/recorded_metric.h"

#include <nlohmann/json.hpp>

namespace timetrial::conformance {
namespace {

// Here, where nothing drops it: a registrar alone in a file of a static library would be.
TIMETRIAL_RECORDED_METRIC("loss_functions", check_losses, "softmax_cross_entropy", "ctc");

struct Record {
  std::filesystem::path file;
  nlohmann::json content;
  const workloads::RecordedMetric* metric;
};

/// The record itself, where its tensors were named.
Record read(const std::filesystem::path& named) {
  auto file = jsonfile::recorded_pair(named).rest;
  auto content = jsonfile::parse(jsonfile::read_text(file), file.string());
  if (!content.is_object()) throw InputError(file.string() + ": expected a JSON object");
  const auto& metric = workloads::recorded_metric(content, file);
  return {std::move(file), std::move(content), &metric};
}

std::vector<CheckResult> run(const Record& record) {
  try {
    auto results = record.metric->check(record.content, record.file);
    for (auto& result : results) result.name = record.file.stem().string() + ": " + result.name;
    if (!results.empty()) return results;
  } catch (const nlohmann::json::exception& error) {
    throw InputError(record.file.string() + ": " + error.what());
  }
  throw InputError(record.file.string() + ": nothing in it that '" + record.metric->name +
                   "' checks");
}

}  // namespace

std::vector<CheckResult> check_metrics(const std::vector<std::filesystem::path>& records,
                                       const CheckProgress& progress) {
  if (records.empty()) throw InputError("no record given; name a .json of recorded numbers");
  std::vector<Record> read_records;
  for (const auto& file : records) read_records.push_back(read(file));
  Checker checker(progress, Checker::BadInput::ends);
  for (const auto& record : read_records) {
    checker.run_all(record.file.stem().string(), [&] { return run(record); });
  }
  return checker.take();
}

}  // namespace timetrial::conformance
