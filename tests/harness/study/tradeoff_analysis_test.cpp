#include "harness/study/analysis.h"
#include "harness/study/page.h"
#include "tests/harness/study/made_study.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace timetrial::study {
namespace {

using testing::HasSubstr;

class TradeoffAnalysis : public testing::Test {
 protected:
  TradeoffAnalysis() {
    results_.study = parse(study_text("kind = \"tradeoff\"\nmetrics = [\"a/loss\", \"b/loss\"]\n"
                                      "tasks = [\"a\", \"b\"]\n"
                                      "numbers = { between = 0, largest_share = 0.5 }\n"),
                           "made.toml");
    results_.study.runs.clear();
  }

  void add(const std::string& group, const tuning::Point& point, double a, double b) {
    auto found = std::find_if(results_.groups.begin(), results_.groups.end(),
                              [&](const Group& g) { return g.run.group == group; });
    if (found == results_.groups.end()) {
      results_.groups.push_back({{group, "s", "w", {}, {1000}}, {}});
      found = std::prev(results_.groups.end());
    }
    found->run.points.push_back(point);
    for (int seed = 0; seed < 3; ++seed) {
      const double factor = 1 + 0.01 * (seed - 1);
      found->results.push_back(made_result(point, seed,
                                           {{"validation/a/loss", a * factor},
                                            {"test/a/loss", a * factor},
                                            {"validation/b/loss", b * factor},
                                            {"test/b/loss", b * factor}}));
    }
  }
  void add_front() {
    for (const double share : {0.1, 0.5, 0.9}) {
      add("front", {{"task_weight_0", share}, {"task_weight_1", 1 - share}}, 1 - share, share);
    }
  }
  Results results_;
};

TEST_F(TradeoffAnalysis, FindsTheCheaterAndAcquitsTheOthers) {
  add_front();
  add("pcgrad", {}, 0.5, 0.5);
  add("planted", {}, 0.4, 0.4);
  const auto report = make_report(results_);
  const auto& statistics = report.findings.statistics;
  EXPECT_NEAR(statistics.at("largest_excess").value, 0, 1e-6);
  EXPECT_THAT(statistics.at("largest_excess").meaning, HasSubstr("pcgrad"));
  EXPECT_NEAR(statistics.at("planted_excess").value, std::log(0.5 / 0.4), 1e-6);
  EXPECT_EQ(statistics.at("unbracketed_methods").value, 0);
  EXPECT_EQ(statistics.at("front_weights").value, 3);
}

TEST_F(TradeoffAnalysis, ASweepThatEndsTooEarlyMakesAWinner) {
  add_front();
  add("mgda", {}, 0.1, 0.9);  // where weight 0.9 leads
  const auto findings = kTradeoffAnalysis.analyse(results_);
  EXPECT_NEAR(findings.statistics.at("largest_excess").value, 0, 1e-6);
  EXPECT_GT(findings.statistics.at("largest_excess_over_cut_front").value, 1);
}

TEST_F(TradeoffAnalysis, PagesHoldWhatTheReaderNeeds) {
  add_front();
  add("a<b", {}, 0.5, 0.5);
  auto report = make_report(results_);
  report.provenance = {{"seed", "0"}};
  std::map<std::string, std::string> files;
  for (const auto& [name, text] : pages(report)) files[name] = text;
  ASSERT_EQ(files.size(), 3U);
  EXPECT_THAT(files.at("made.md"), HasSubstr("![Test losses: static weights and methods]"));
  EXPECT_THAT(files.at("made.md"), HasSubstr("timetrial study run made"));
  EXPECT_THAT(files.at("made.md"), HasSubstr("It is smaller."));
  EXPECT_THAT(files.at("made.html"), HasSubstr("a&lt;b"));
  EXPECT_THAT(files.at("made.html"), testing::Not(HasSubstr("a<b")));
  EXPECT_THAT(files.at("made-front.svg"), HasSubstr("<svg"));
  EXPECT_THAT(to_text(report), HasSubstr("no method wins"));
}

TEST_F(TradeoffAnalysis, WhatIsMissingOrShortGivesNoVerdict) {
  add_front();
  auto results = results_;
  results.missing = 2;
  EXPECT_THAT(verdict_text(make_report(results)), HasSubstr("No verdict yet: 2 of"));
  results = results_;
  results.study.is_short = true;
  EXPECT_EQ(make_report(results).verdict, Verdict::inconclusive);
  results_.groups.clear();
  results_.groups.push_back({{"front", "s", "w", {}, {}}, {}});
  EXPECT_NO_THROW(make_report(results_));
}

}  // namespace
}  // namespace timetrial::study
