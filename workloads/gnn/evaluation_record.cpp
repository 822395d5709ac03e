// `timetrial metric check` of ogbg's recorded metrics.
#include <nlohmann/json.hpp>

#include <cmath>

#include "workloads/gnn/evaluation.h"
#include "workloads/gnn/gnn.h"
#include "workloads/recorded_metric.h"
#include "workloads/recorded_tensor.h"

namespace timetrial::gnn {
namespace {

/// A recorded null is NaN: there was nothing to average.
double difference(double found, const nlohmann::json& expected) {
  if (expected.is_null()) return std::isnan(found) ? 0 : HUGE_VAL;
  return std::fabs(found - expected.get<double>());
}

/// Largest difference; a task that counts on one side only is an infinite one.
double precision_difference(const std::vector<double>& found, const nlohmann::json& expected) {
  if (found.size() != expected.size()) return HUGE_VAL;
  double largest = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (std::isnan(found[i]) != expected[i].is_null()) return HUGE_VAL;
    largest = std::max(largest, difference(found[i], expected[i]));
  }
  return largest;
}

std::vector<CheckResult> check_evaluation(const nlohmann::json& record,
                                          const std::filesystem::path&) {
  constexpr double kFloat32 = 1e-5;  // means that the reference sums in float32
  constexpr double kExact = 1e-9;    // ranks alone, in double precision
  std::vector<CheckResult> results;
  for (const auto& one : record.at("cases")) {
    const std::string name = "case " + std::to_string(results.size()) + ": ";
    PropertyMetrics metrics;
    double loss_difference = 0;
    for (const auto& batch : one.at("batches")) {
      const at::Tensor logits = workloads::recorded_tensor(batch.at("logits"));
      const at::Tensor labels = workloads::recorded_tensor(batch.at("labels"));
      const at::Tensor mask = workloads::recorded_tensor(batch.at("mask"));
      metrics.add(logits, labels, mask);
      if (!batch.contains("per_example_loss")) continue;
      const at::Tensor per_example =
          property_loss(Batch({{"targets", labels}, {"weights", mask}}), logits, 0).per_example;
      const at::Tensor expected = workloads::recorded_tensor(batch["per_example_loss"]);
      loss_difference =
          std::max(loss_difference, (per_example - expected).abs().max().item<double>());
    }
    const auto values = metrics.values();
    for (const auto& [key, expected] : one.at("result").items()) {
      const double tolerance = key == "mean_average_precision" ? kExact : kFloat32;
      results.push_back(
          workloads::compared(name + key, difference(values.at(key), expected), tolerance));
    }
    results.push_back(workloads::compared(
        name + "average_precision_per_task",
        precision_difference(metrics.average_precisions(), one.at("average_precision_per_task")),
        kExact));
    results.push_back(workloads::compared(name + "per_example_loss", loss_difference, 1e-5));
  }
  return results;
}

TIMETRIAL_RECORDED_METRIC("ogbg_eval", check_evaluation, "cases");

}  // namespace
}  // namespace timetrial::gnn
