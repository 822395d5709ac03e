#include "harness/conformance/metric_check.h"

#include "harness/trial/error.h"
#include "tests/support/temporary_folder.h"
#include "workloads/recorded_metric.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>

namespace timetrial::conformance {
namespace {

using testing::HasSubstr;

/// A "metric": the square root.
std::vector<CheckResult> check_root(const nlohmann::json& record, const std::filesystem::path&) {
  std::vector<CheckResult> results;
  for (const auto& one : record.at("cases")) {
    const double found = std::sqrt(one.at("of").get<double>());
    results.push_back(workloads::compared("of " + one.at("of").dump(),
                                          std::fabs(found - one.at("is").get<double>()), 1e-9));
  }
  return results;
}
TIMETRIAL_RECORDED_METRIC("toy_root", check_root, "toy_cases");

class MetricCheck : public testing::Test {
 protected:
  std::filesystem::path put(const std::string& name, const std::string& text) const {
    std::ofstream(folder_.path() / name) << text;
    return folder_.path() / name;
  }
  static std::string refusal(const std::vector<std::filesystem::path>& files) {
    try {
      check_metrics(files, {});
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  }
  const test::TemporaryFolder folder_;
};

TEST_F(MetricCheck, ComparesEveryCaseOfEveryRecord) {
  const auto right = put("metric_toy_root.json", R"({"cases": [{"of": 4, "is": 2}]})");
  const auto wrong =
      put("metric_toy_root_2.json", R"({"cases": [{"of": 9, "is": 3}, {"of": 16, "is": 5}]})");
  const auto results = check_metrics({right, wrong}, {});
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0].name, "metric_toy_root: of 4");
  EXPECT_TRUE(results[0].passed);
  EXPECT_TRUE(results[1].passed);
  EXPECT_EQ(results[2].name, "metric_toy_root_2: of 16");
  EXPECT_FALSE(results[2].passed);
  EXPECT_EQ(results[2].error, 1);
}

TEST_F(MetricCheck, TensorsStandForTheRecordBesideThem) {
  put("toy_root.json", R"({"cases": [{"of": 4, "is": 2}]})");
  EXPECT_EQ(check_metrics({folder_.path() / "toy_root.safetensors"}, {}).size(), 1U);
}

TEST_F(MetricCheck, BadRecordsAreRefusedInOneLine) {
  EXPECT_THAT(refusal({}), HasSubstr("no record given"));
  EXPECT_THAT(refusal({folder_.path() / "none.json"}), HasSubstr("none.json"));
  EXPECT_THAT(refusal({put("toy_root.json", "{")}), HasSubstr("toy_root.json:1:"));
  EXPECT_THAT(refusal({put("toy_root.json", "[]")}), HasSubstr("expected a JSON object"));
  EXPECT_THAT(refusal({put("toy_root.json", "{}")}), HasSubstr("toy_root.json: "));
  EXPECT_THAT(refusal({put("toy_root.json", R"({"cases": []})")}),
              HasSubstr("nothing in it that 'toy_root' checks"));
  EXPECT_THAT(refusal({put("x.json", "{}")}), HasSubstr("x.json: no known metric"));
}

}  // namespace
}  // namespace timetrial::conformance
