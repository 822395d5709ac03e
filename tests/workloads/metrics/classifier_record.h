#pragma once
// Scores, labels and features of scripts/record-classifier-metrics.py with what public packages say
// of them.

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include <string>

namespace timetrial::metrics {

struct ClassifierRecord {
  at::Tensor logits, labels, features;  ///< [240, 4], [240], [240, 6]
  std::int64_t training_examples = 0;   ///< the first ones
  nlohmann::json json;

  double number(const std::string& name) const { return json.at(name).get<double>(); }
};

ClassifierRecord read_classifier_record();

}  // namespace timetrial::metrics
