#pragma once
// Runs the registered check of a recorded metric, as `timetrial metric check FILE` does.
#include "workloads/recorded_metric.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

namespace timetrial::test {

inline nlohmann::json read_record(const std::filesystem::path& file) {
  return nlohmann::json::parse(std::ifstream(file));
}

inline std::vector<CheckResult> recorded_checks(const nlohmann::json& record,
                                                const std::filesystem::path& file) {
  return workloads::recorded_metric(record, file).check(record, file);
}

inline bool all_passed(const std::vector<CheckResult>& results) {
  for (const auto& one : results) {
    if (!one.passed) return false;
  }
  return !results.empty();
}

/// Every comparison of the file's record passes, and there is at least one.
inline void expect_recorded(const std::filesystem::path& file) {
  const auto results = recorded_checks(read_record(file), file);
  EXPECT_FALSE(results.empty());
  for (const auto& one : results) {
    EXPECT_TRUE(one.passed) << one.name << ": error " << one.error << ", tolerance "
                            << one.tolerance;
  }
}

}  // namespace timetrial::test
