// A new workload passes the conformance checks before its author has changed a line.
#include "harness/conformance/workload_check.h"
#include "harness/manifest/manifest.h"
#include "tests/support/temporary_folder.h"
#include "workloads/workload.h"

#include <gtest/gtest.h>

namespace timetrial {
namespace {

TEST(NewWorkload, PassesTheConformanceChecks) {
  const test::TemporaryFolder data;
  const auto folder = data.path() / "new_workload";
  workloads::find("new_workload").make()->prepare("", folder);
  manifest::write(folder, {"new_workload", "new_workload", {}, manifest::list_files(folder)});
  const auto results = conformance::check_workload(
      {.workload = "new_workload", .cases = {}, .data = data.path()}, {});
  EXPECT_EQ(results.size(), 6U);
  for (const auto& result : results) {
    EXPECT_TRUE(result.passed) << result.name << ": " << result.error << " " << result.detail;
  }
}

}  // namespace
}  // namespace timetrial
