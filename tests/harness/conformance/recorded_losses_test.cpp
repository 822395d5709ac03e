// AlgoPerf's loss functions against the numbers it computed.
#include "harness/conformance/recorded_losses.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace timetrial::conformance {
namespace {

nlohmann::json recorded() {
  return nlohmann::json::parse(std::ifstream(FIXTURES "/metric_loss_functions.json"));
}

std::vector<std::string> failed(const nlohmann::json& record) {
  std::vector<std::string> names;
  for (const auto& result : check_losses(record, "")) {
    if (!result.passed) names.push_back(result.name);
  }
  return names;
}

TEST(RecordedLosses, EveryLossEqualsAlgoPerfs) {
  const auto results = check_losses(recorded(), "");
  EXPECT_EQ(results.size(), 3U * (2 * 4 + 2 + 2 + 1 + 2 + 1 + 2));
  for (const auto& result : results) {
    EXPECT_TRUE(result.passed) << result.name << " " << result.error << " " << result.detail;
  }
}

TEST(RecordedLosses, EachNumberCounts) {
  const struct {
    const char *pointer, *name;
    double value;
  } cases[] = {
      {"/softmax_cross_entropy/soft/summed", "softmax_cross_entropy.soft summed", 10.349},
      {"/wmt_cross_entropy/smoothing_0_1/summed", "wmt_cross_entropy.smoothing_0_1 summed", 15.931},
      {"/ogbg_bce/smoothing_0/n_valid_examples", "ogbg_bce.smoothing_0 n_valid_examples", 6},
      {"/criteo_bce/result/per_example/1", "criteo_bce.result per_example", 1},
      {"/ctc/with_mask_1_1_0/n_valid_examples", "ctc.with_mask_1_1_0 n_valid_examples", 7},
      {"/fastmri_l1/masked_1_0/summed", "fastmri_l1.masked_1_0 summed", 0.7958},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.pointer);
    auto record = recorded();
    record[nlohmann::json::json_pointer(c.pointer)] = c.value;
    EXPECT_THAT(failed(record), testing::Contains(c.name));
  }
}

TEST(RecordedLosses, KeysThatAreMissingAreLeftOut) {
  auto record = recorded();
  record.erase("softmax_cross_entropy");
  EXPECT_EQ(check_losses(record, "").size(), 3U * 10);
}

}  // namespace
}  // namespace timetrial::conformance
