// The stable views, with numbers worked out by hand.
#include "tests/harness/store/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace timetrial::store {
namespace {

using Rows = std::vector<std::vector<std::string>>;

class ViewsTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    store_ = std::make_unique<Store>(create());
    plan_.add_to(*store_);
  }
  void TearDown() override {
    store_.reset();
    StoreTest::TearDown();
  }

  /// Runs trial `i` with these values of the target's metric, then finishes it.
  void run(std::size_t i, const std::vector<double>& values, OutcomeKind outcome) {
    const auto& trial = plan_.trials[i];
    const auto metric = trial.key.workload == "up" ? "accuracy" : "loss";
    const auto attempt = store_->begin_attempt(attempt_of(trial.id));
    for (std::size_t e = 0; e < values.size(); ++e) {
      store_->add_evaluation(
          attempt,
          evaluation_at(static_cast<int>(e), {{std::string("validation/") + metric, values[e]},
                                              {std::string("test/") + metric, values[e]},
                                              {"train/other", 5}}));
    }
    store_->finish_trial(trial.id, {outcome, "", 1, 10.0 * static_cast<double>(values.size())}, 9);
  }

  Plan plan_ = make_plan(1, 2);  // trials: up 0, up 1, down 0, down 1
  std::unique_ptr<Store> store_;
};

TEST_F(ViewsTest, TimeToTargetIsTheFirstEvaluationThatReachesIt) {
  run(0, {0.5, 0.9, 0.7, 0.95}, OutcomeKind::target_reached);
  run(1, {0.5, std::nan(""), 0.85}, OutcomeKind::diverged);
  run(2, {2.0, 1.05, 0.99}, OutcomeKind::target_reached);
  EXPECT_EQ(rows_of(*store_,
                    "SELECT workload, trial, time_to_target_s, time_to_test_target_s, "
                    "best_validation, evaluations FROM v_time_to_target ORDER BY workload DESC, 2"),
            (Rows{{"up", "0", "20.0", "20.0", "0.95", "4"},
                  {"up", "1", "NULL", "30.0", "0.85", "3"},
                  {"down", "0", "30.0", "20.0", "0.99", "3"},
                  {"down", "1", "NULL", "NULL", "NULL", "0"}}));
}

TEST_F(ViewsTest, ATargetReachedAfterTheBudgetDoesNotCount) {
  run(0, {.1, .1, .1, .1, .1, .1, .1, .1, .1, .1, .99}, OutcomeKind::budget_spent);  // at 110 s
  EXPECT_EQ(rows_of(*store_,
                    "SELECT time_to_target_s FROM v_time_to_target "
                    "WHERE workload = 'up' AND trial = 0"),
            (Rows{{"NULL"}}));
}

TEST_F(ViewsTest, ScoresTakeTheBestTrialOfAStudy) {
  run(0, {0.5, 0.5, 0.9}, OutcomeKind::target_reached);
  run(1, {0.5, 0.9}, OutcomeKind::target_reached);
  run(2, {2.0}, OutcomeKind::crashed);
  EXPECT_EQ(rows_of(*store_,
                    "SELECT rule_set, submission, workload, study, trials, finished_trials, "
                    "trials_at_target, time_to_target_s, budget_s FROM v_scores_input "
                    "ORDER BY workload DESC"),
            (Rows{{"mini-1", "s0", "up", "0", "2", "2", "2", "20.0", "100.0"},
                  {"mini-1", "s0", "down", "0", "2", "1", "0", "NULL", "100.0"}}));
}

TEST_F(ViewsTest, TrialsShowTheirState) {
  run(0, {0.95}, OutcomeKind::target_reached);
  store_->begin_attempt(attempt_of(plan_.trials[1].id));
  EXPECT_EQ(rows_of(*store_,
                    "SELECT workload, trial, status, attempts, submission_time_s "
                    "FROM v_trials ORDER BY sweep_id, ordinal"),
            (Rows{{"up", "0", "target_reached", "1", "10.0"},
                  {"up", "1", "open", "1", "0.0"},
                  {"down", "0", "planned", "0", "0.0"},
                  {"down", "1", "planned", "0", "0.0"}}));
}

TEST_F(ViewsTest, EvaluationsShowTheTargetsMetric) {
  run(2, {2.0, 0.5}, OutcomeKind::target_reached);
  EXPECT_EQ(rows_of(*store_,
                    "SELECT workload, attempt, ordinal, step, submission_time_s, metric, "
                    "validation, test FROM v_evaluations ORDER BY ordinal"),
            (Rows{{"down", "0", "0", "100", "10.0", "loss", "2.0", "2.0"},
                  {"down", "0", "1", "200", "20.0", "loss", "0.5", "0.5"}}));
}

}  // namespace
}  // namespace timetrial::store
