#include "tests/workloads/metrics/classifier_record.h"

#include <ATen/ops/tensor.h>

#include <fstream>
#include <stdexcept>
#include <vector>

namespace timetrial::metrics {
namespace {

at::Tensor matrix(const nlohmann::json& rows) {
  std::vector<double> values;
  for (const auto& row : rows) {
    for (const auto& value : row) values.push_back(value.get<double>());
  }
  return at::tensor(values, at::kDouble).view({static_cast<std::int64_t>(rows.size()), -1});
}

}  // namespace

ClassifierRecord read_classifier_record() {
  const std::string path =
      TIMETRIAL_SOURCE_DIR "/tests/workloads/metrics/fixtures/classifier_metrics.json";
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + ": cannot be read");
  ClassifierRecord record;
  record.json = nlohmann::json::parse(file);
  record.logits = matrix(record.json.at("logits"));
  record.features = matrix(record.json.at("features"));
  record.labels = at::tensor(record.json.at("labels").get<std::vector<std::int64_t>>(), at::kLong);
  record.training_examples = record.json.at("training_examples").get<std::int64_t>();
  return record;
}

}  // namespace timetrial::metrics
