#include "workloads/metrics/ctc_decode.h"

#include "tests/support/recorded_checks.h"

#include <gmock/gmock.h>

namespace timetrial::metrics {
namespace {

using testing::ElementsAre;

const std::filesystem::path kRecord = std::filesystem::path(TIMETRIAL_SOURCE_DIR) /
                                      "tests/workloads/metrics/fixtures"
                                      "/metric_ctc_greedy_decode.json";

/// Logits [1, T, 4] whose best tokens are these.
at::Tensor favouring(const std::vector<std::int64_t>& tokens) {
  return at::one_hot(at::tensor(tokens), 4).to(at::kFloat).unsqueeze(0);
}

TEST(CtcGreedyDecode, EqualsTheRecord) { test::expect_recorded(kRecord); }

TEST(CtcGreedyDecode, AnotherTokenInTheRecordIsFound) {
  auto record = test::read_record(kRecord);
  auto& token = record["cases"][0]["decoded"][0][0];
  token = token.get<int>() % 4 + 1;
  EXPECT_FALSE(test::all_passed(test::recorded_checks(record, kRecord)));
}

TEST(CtcGreedyDecode, MergesRepeatsUnlessABlankIsBetween) {
  const auto none = at::zeros({1, 7});
  EXPECT_THAT(ctc_greedy_decode(favouring({1, 1, 0, 1, 2, 2, 3}), none),
              ElementsAre(ElementsAre(1, 1, 2, 3)));
  EXPECT_THAT(ctc_greedy_decode(favouring({0, 0, 0, 0, 0, 0, 0}), none),
              ElementsAre(ElementsAre()));
}

TEST(CtcGreedyDecode, PaddedFramesAreBlanks) {
  const auto paddings = at::tensor({0.F, 0.F, 1.F, 1.F}).unsqueeze(0);
  EXPECT_THAT(ctc_greedy_decode(favouring({3, 3, 2, 1}), paddings), ElementsAre(ElementsAre(3)));
}

}  // namespace
}  // namespace timetrial::metrics
