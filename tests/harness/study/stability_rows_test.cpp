// Smaller models at one rate: how many of them diverge less often, by which rule.
#include "harness/study/stability_rows.h"

#include "tests/harness/study/made_study.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace timetrial::study {
namespace {

using testing::HasSubstr;

class StabilityRows : public testing::Test {
 protected:
  StabilityRows() {
    results_.study = parse(
        study_text("kind = \"stability\"\nmetrics = [\"auc\"]\ntasks = [\"all\"]\n"
                   "numbers = { metric_limit = 0.55 }\n"
                   "words = { reference = \"plain\", subject = \"clipped\", metric = \"auc\", "
                   "control = \"never binding\", rivals = \"plain\" }\n"),
        "made.toml");
  }

  /// Four seeds at one rate, of which some end with parameters that are not finite, others with an
  /// AUC that says nothing was learned.
  void add(const std::string& group, double rate, int not_finite, int below_limit) {
    auto found = std::find_if(results_.groups.begin(), results_.groups.end(),
                              [&](const Group& g) { return g.run.group == group; });
    if (found == results_.groups.end()) {
      results_.groups.push_back({{group, "s", "w", {}, {1000}}, {}});
      found = std::prev(results_.groups.end());
    }
    for (int seed = 0; seed < 4; ++seed) {
      const double auc = seed < not_finite + below_limit ? 0.5 : 0.7;
      auto result = made_result({{"learning_rate", rate}}, seed,
                                {{"validation/auc", auc}, {"test/auc", auc}});
      if (seed < not_finite) result.outcome.kind = OutcomeKind::diverged;
      found->results.push_back(result);
    }
  }
  /// Diverges in half of the runs from rate 0.2 on.
  void add_reference() {
    add("plain", 0.1, 1, 0);
    add("plain", 0.2, 2, 0);
    add("plain", 0.4, 4, 0);
    add("clipped", 0.1, 0, 0);
    add("never binding", 0.1, 1, 0);
  }
  Findings analyse() const { return kStabilityAnalysis.analyse(results_); }

  Results results_;
};

TEST_F(StabilityRows, CountBothWaysOfDiverging) {
  add("plain", 0.1, 1, 2);
  const Row row = row_of(results_.groups.front(), results_.study.analysis);
  EXPECT_EQ(row.at(0.1).runs, 4);
  EXPECT_EQ(row.at(0.1).full, 3);
  EXPECT_EQ(row.at(0.1).by_losses, 1);
  EXPECT_EQ(row.at(0.1).test.size(), 3U);
}

TEST_F(StabilityRows, SmallerModelsAreComparedAtTheFirstBadRateOfTheReference) {
  add_reference();
  add("plain, narrow", 0.1, 0, 0);
  add("plain, narrow", 0.2, 1, 0);
  add("plain, narrow", 0.4, 4, 0);        // as bad there, which does not count
  add("plain, few_features", 0.2, 0, 3);  // worse by the metric, better by the losses
  add("plain, two_tasks", 0.2, 2, 0);     // neither
  add("plainer", 0.2, 0, 0);              // no smaller model of the reference
  const auto findings = analyse();
  EXPECT_EQ(findings.statistics.at("smaller_models").value, 3);
  EXPECT_EQ(findings.statistics.at("smaller_that_diverge_less").value, 1);
  EXPECT_THAT(findings.statistics.at("smaller_that_diverge_less").meaning, HasSubstr("0.2"));
  EXPECT_EQ(findings.statistics.at("smaller_that_diverge_less_by_losses").value, 2);
  const auto& table = findings.tables.at(1);
  ASSERT_EQ(table.rows.size(), 4U);
  EXPECT_EQ(table.rows[0][1].text, "2 of 4");
  EXPECT_EQ(table.rows[1][1].text, "1 of 4");
  EXPECT_EQ(table.rows[1][3].text, "5 of 12");
  EXPECT_EQ(table.rows[2][1].text + ", " + table.rows[2][2].text, "3 of 4, 0 of 4");
}

TEST_F(StabilityRows, LossesThatNeverGiveAReferenceAwayAreNotCompared) {
  add("plain", 0.1, 0, 4);
  add("clipped", 0.1, 0, 0);
  add("never binding", 0.1, 0, 4);
  add("plain, narrow", 0.1, 0, 1);
  const auto statistics = analyse().statistics;
  EXPECT_EQ(statistics.at("smaller_that_diverge_less").value, 1);
  EXPECT_EQ(statistics.count("smaller_that_diverge_less_by_losses"), 0U);
}

TEST_F(StabilityRows, WithoutABadRateOrASmallerModelThereIsNothingToSay) {
  add("plain", 0.1, 1, 0);
  add("clipped", 0.1, 0, 0);
  add("never binding", 0.1, 1, 0);
  add("plain, narrow", 0.1, 0, 0);
  EXPECT_EQ(analyse().statistics.count("smaller_models"), 0U);
  results_.groups.clear();
  add_reference();
  EXPECT_EQ(analyse().statistics.count("smaller_models"), 0U);
  EXPECT_EQ(analyse().tables.size(), 1U);
}

}  // namespace
}  // namespace timetrial::study
