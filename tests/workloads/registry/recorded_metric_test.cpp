// Which check a record of a reference implementation gets.
#include "workloads/recorded_metric.h"

#include "harness/trial/error.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace timetrial::workloads {
namespace {

using testing::HasSubstr;

std::vector<CheckResult> nothing(const nlohmann::json&, const std::filesystem::path&) { return {}; }

TIMETRIAL_RECORDED_METRIC("test_pack", nothing, "test_rows", "test_length");
TIMETRIAL_RECORDED_METRIC("test_pack_images", nothing, "test_images");

TEST(RecordedMetric, IsToldByItsFieldMetric) {
  EXPECT_EQ(recorded_metric({{"metric", "test_pack"}}, "x.json").name, "test_pack");
}

TEST(RecordedMetric, IsToldByTheLongestNameThatTheFileBeginsWith) {
  EXPECT_EQ(recorded_metric({{"a", 1}}, "/d/data_test_pack_2.json").name, "test_pack");
  EXPECT_EQ(recorded_metric({{"a", 1}}, "metric_test_pack_images.json").name, "test_pack_images");
}

TEST(RecordedMetric, IsToldByItsFieldsWhereNoNameHelps) {
  EXPECT_EQ(recorded_metric({{"test_rows", 1}, {"test_length", 2}}, "x.json").name, "test_pack");
}

TEST(RecordedMetric, UnknownRecordsAreRefusedWithTheKnownNames) {
  const auto refuse = [](const nlohmann::json& record) {
    try {
      recorded_metric(record, "/d/x.json");
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_THAT(refuse({{"a", 1}}), HasSubstr("/d/x.json: no known metric"));
  EXPECT_THAT(refuse({{"a", 1}}), HasSubstr("test_pack, test_pack_images"));
  EXPECT_THAT(refuse({{"test_rows", 1}, {"test_length", 2}, {"test_images", 3}}),
              HasSubstr("fits more than one metric"));
}

TEST(RecordedMetric, TwoOfANameAreAMistake) {
  EXPECT_THROW(add({"test_pack", {}, nothing}), std::logic_error);
}

TEST(Compared, PassesUpToTheToleranceAndNeverOnNan) {
  EXPECT_TRUE(compared("a", 1e-6, 1e-6).passed);
  EXPECT_FALSE(compared("a", 2e-6, 1e-6).passed);
  EXPECT_FALSE(compared("a", std::nan(""), 1e-6).passed);
}

}  // namespace
}  // namespace timetrial::workloads
