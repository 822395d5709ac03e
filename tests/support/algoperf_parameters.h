#pragma once
// AlgoPerf's list of a workload's parameters, and how its own initialisation turned out once.
//
//   const auto table = AlgoPerfParameters::read(folder / "parameters.json", "imagenet_resnet");
//   EXPECT_THAT(table.differences(*model), IsEmpty());           // names, shapes, types, order
//   model->initialize(1);
//   EXPECT_THAT(table.initial_differences(*model), IsEmpty());   // statistics of first values
//
// File     {"source": …, WORKLOAD: {"total": n, "parameters": [[name, shape, type, mean, standard
//          deviation, smallest, largest], …]}}

#include "workloads/workload.h"

#include <filesystem>
#include <string>
#include <vector>

namespace timetrial::test {

struct AlgoPerfParameters {
  struct Row {
    std::string name;
    std::vector<std::int64_t> shape;
    std::string type;
    double mean = 0, deviation = 0, smallest = 0, largest = 0;
  };
  std::vector<Row> rows;
  std::int64_t total = 0;

  /// Throws std::invalid_argument when the file has no such workload.
  static AlgoPerfParameters read(const std::filesystem::path& file, const std::string& workload);

  /// One line for each parameter whose name, place, shape or type differs, and for the total.
  std::vector<std::string> differences(const workloads::Model& model) const;
  /// One line for each statistic that two draws of the same distribution would not show: 6 standard
  /// errors for mean and deviation; extremes to how closely so many draws reach them. Constants are
  /// exact. The model is on the CPU and its parameters are those of the table.
  std::vector<std::string> initial_differences(const workloads::Model& model) const;
};

}  // namespace timetrial::test
