// The public logs of AlgoPerf against what its own scorer reads in them; skipped by name where the
// logs are not there.
#include "scoring/algoperf/log_reader.h"
#include "tests/support/algoperf_logs.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <limits>
#include <map>

namespace timetrial::algoperf {
namespace {

using nlohmann::json;
using scoring::Results;
using scoring::StudyResult;
using scoring::WorkloadTerms;

struct Set {
  const char* name;
  const char* expected;
  const char* rule_set;
  std::size_t submissions, trials, without_measurements;
};
constexpr Set kSets[] = {
    {"v05-external", "expected-v05-external.json", "algoperf-v0.5", 11, 3829, 175},
    {"v06-external", "expected-v06.json", "algoperf-v0.6", 2, 240, 4},
    {"v06-self-tuning", "expected-v06-self-tuning.json", "algoperf-v0.6", 1, 24, 0},
    {"synthetic-a", "expected-synthetic-a.json", "algoperf-v0.5", 6, 983, 52},
};

/// The first row of a study that reaches the target, by row index and then by time.
struct Hit {
  std::size_t row = std::numeric_limits<std::size_t>::max();
  double time_s = std::numeric_limits<double>::infinity();
  std::int64_t step = 0;
  int trial = 0;
};

Hit first_hit(const StudyResult& study, const WorkloadTerms& terms) {
  Hit best;
  for (const auto& trial : study.trials) {
    for (std::size_t row = 0; row < trial.curve.size(); ++row) {
      const auto& point = trial.curve[row];
      if (!terms.reached_by(point.value)) continue;
      if (std::pair(row, point.submission_time_s) < std::pair(best.row, best.time_s)) {
        best = {row, point.submission_time_s, point.step, trial.trial};
      }
      break;
    }
  }
  return best;
}

void compare(const StudyResult& study, const WorkloadTerms& terms, const json& expected) {
  const auto read = std::count_if(study.trials.begin(), study.trials.end(),
                                  [](const auto& trial) { return !trial.curve.empty(); });
  EXPECT_EQ(read, expected.at("trials_read"));
  const auto hit = first_hit(study, terms);
  if (expected.at("time") == "inf") {
    EXPECT_EQ(hit.trial, 0);
    return;
  }
  EXPECT_NEAR(hit.time_s, expected.at("time").get<double>(), 1e-12 * hit.time_s);
  EXPECT_EQ(hit.row, expected.at("eval_index"));
  EXPECT_EQ(hit.step, expected.at("global_step"));
  EXPECT_EQ(fmt::format("trial_{}", hit.trial), expected.at("trial"));
}

class RealLogs : public testing::TestWithParam<Set> {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(archive())) {
      GTEST_SKIP() << archive() << " is not there; set TIMETRIAL_ALGOPERF_LOGS";
    }
  }
  std::filesystem::path archive() const {
    return timetrial::test::algoperf_logs().value_or("absent") /
           (std::string(GetParam().name) + ".tar.xz");
  }
};

TEST_P(RealLogs, GiveWhatTheOfficialScorerReads) {
  const auto results = read_logs(archive());
  const auto expected = json::parse(
      std::ifstream(timetrial::test::algoperf_logs().value_or("absent") / GetParam().expected));
  EXPECT_EQ(results.provenance.rule_set, GetParam().rule_set);
  EXPECT_EQ(results.submissions.size(), GetParam().submissions);
  std::map<std::string, WorkloadTerms> terms;
  for (const auto& workload : results.workloads) {
    terms[workload.name] = workload;
    const auto& target = expected.at("targets").at(workload.name);
    EXPECT_EQ(target.at("metric"), "validation/" + workload.metric);
    EXPECT_EQ(target.at("direction") == "max", workload.higher_is_better);
    EXPECT_EQ(target.at("value"), workload.validation_target);
  }
  std::size_t trials = 0, without = 0, studies = 0;
  for (const auto& cell : results.cells) {
    const auto& of_cell = expected.at("submissions").at(cell.submission).at("workloads");
    for (const auto& study : cell.studies) {
      SCOPED_TRACE(fmt::format("{} {} study {}", cell.submission, cell.workload, study.study));
      trials += study.trials.size();
      for (const auto& trial : study.trials) without += trial.curve.empty() ? 1 : 0;
      // A cell or study without any readable trial is not in the expected file.
      const auto name = fmt::format("study_{}", study.study);
      const auto found = of_cell.find(cell.workload);
      if (found == of_cell.end() || !found->contains("studies") ||
          !(*found)["studies"].contains(name)) {
        for (const auto& trial : study.trials) EXPECT_TRUE(trial.curve.empty());
        continue;
      }
      ++studies;
      compare(study, terms.at(cell.workload), (*found)["studies"][name]);
    }
  }
  EXPECT_EQ(trials, GetParam().trials);
  EXPECT_EQ(without, GetParam().without_measurements);
  EXPECT_GT(studies, 0U);
}

INSTANTIATE_TEST_SUITE_P(Public, RealLogs, testing::ValuesIn(kSets), [](const auto& test) {
  std::string name = test.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace timetrial::algoperf
