#include "harness/hardware/qualification.h"

#include "harness/trial/error.h"

#include <gmock/gmock.h>

namespace timetrial::hardware {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kAnswer[] = R"({"device": "cpu", "threads": 2,
  "gemm_gflops": {"median": 120, "low": 110, "high": 125, "repeats": 9},
  "convolution_gflops": {"median": 50, "low": 45, "high": 55, "repeats": 9},
  "triad_gb_per_s": {"median": 12.5, "low": 12, "high": 13, "repeats": 9},
  "training_steps_per_s": {"median": 80, "low": 70, "high": 90, "repeats": 9}})";

TEST(Qualification, ReadsTheWorkersAnswer) {
  const auto measurement = parse_measurement(kAnswer);
  EXPECT_EQ(measurement.device, "cpu");
  EXPECT_EQ(measurement.threads, 2);
  EXPECT_EQ(measurement.values.size(), kMeasures.size());
  EXPECT_EQ(measurement.values.at("triad_gb_per_s").median, 12.5);
  EXPECT_EQ(measurement.values.at("gemm_gflops").low, 110);
}

TEST(Qualification, AnotherBuildsAnswerIsRefused) {
  for (const char* answer : {"", "[]", "{\"device\": \"cpu\", \"threads\": 2}"}) {
    SCOPED_TRACE(answer);
    try {
      parse_measurement(answer);
      ADD_FAILURE();
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), HasSubstr("install timetrial and timetrial-worker of one build"));
    }
  }
}

TEST(Qualification, SaysWhichMedianIsOutsideAndByHowMuch) {
  const auto measurement = parse_measurement(kAnswer);
  EXPECT_THAT(outside({}, measurement), IsEmpty());  // nothing to compare with
  EXPECT_THAT(outside({2, {{"gemm_gflops", {120, 120}}, {"triad_gb_per_s", {1, 20}}}}, measurement),
              IsEmpty());
  EXPECT_THAT(
      outside({2, {{"gemm_gflops", {200, 300}}, {"training_steps_per_s", {10, 64}}}}, measurement),
      ElementsAre("gemm_gflops: 120 GFLOP/s, 40 % below the least expected, 200",
                  "training_steps_per_s: 80 steps/s, 25 % above the most expected, 64"));
}

}  // namespace
}  // namespace timetrial::hardware
