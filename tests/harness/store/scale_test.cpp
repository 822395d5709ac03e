// Costs at the size of real sweeps. Bounds are wide enough for a busy machine; what they catch is a
// step that grows with the number of rows.
#include "tests/harness/store/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

namespace timetrial::store {
namespace {

using ScaleTest = StoreTest;

/// Processor time, not wall time: other work on the machine must not turn the answer.
template <typename Action>
double cpu_seconds(Action action) {
  const std::clock_t start = std::clock();
  action();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

/// As many submissions as give `trials` trials, in sweeps of 1,000.
std::vector<Plan> plans_of(int trials) {
  std::vector<Plan> plans;
  for (int i = 0; i < trials / 1000; ++i) {
    plans.push_back(make_plan(10, 50));
    plans.back().sweep.name = "sweep " + std::to_string(i);
    plans.back().sweep.rule_set_hash = std::to_string(i);
    plans.back().set_ids();
  }
  return plans;
}

/// Every fifth trial of a plan, so that the test does not wait for the disk most of the time.
void run_some(Store& store, const Plan& plan) {
  for (std::size_t t = 0; t < plan.trials.size(); t += 5) {
    const auto& trial = plan.trials[t];
    const auto attempt = store.begin_attempt(attempt_of(trial.id));
    for (int i = 0; i < 2; ++i) {
      store.add_evaluation(attempt, evaluation_at(i, {{"validation/accuracy", 0.1}}));
    }
    store.finish_trial(trial.id, {OutcomeKind::completed, "", 1, 20}, 1);
  }
}

TEST_F(ScaleTest, PlanningThreeThousandTrialsIsOneFastTransaction) {
  auto store = create();
  const auto plan = make_plan(30, 50);
  ASSERT_EQ(plan.trials.size(), 3000U);
  const double first = cpu_seconds([&] { plan.add_to(store); });
  const double again = cpu_seconds([&] { plan.add_to(store); });
  RecordProperty("first_ms", static_cast<int>(1e3 * first));
  constexpr double kBound = 0.5 * TIMETRIAL_SLOWER;  // 0.05 s in a release build
  EXPECT_LT(first, kBound);
  EXPECT_LT(again, kBound);
}

TEST_F(ScaleTest, CostPerTrialStaysFlatFromOneToTwentyThousand) {
  const auto plans = plans_of(20'000);
  auto store = create();
  const auto plan_and_list = [&](const Plan& plan) {
    return cpu_seconds([&] {
      const auto id = plan.add_to(store);
      EXPECT_EQ(store.trials(id).size(), 1000U);
    });
  };
  double first = plan_and_list(plans[0]);
  const double first_run = cpu_seconds([&] { run_some(store, plans[0]); });
  for (std::size_t i = 1; i + 1 < plans.size(); ++i) plans[i].add_to(store);
  const double last = plan_and_list(plans.back());
  const double last_run = cpu_seconds([&] { run_some(store, plans.back()); });
  RecordProperty("plan_ms", static_cast<int>(1e3 * first));
  RecordProperty("plan_at_20000_ms", static_cast<int>(1e3 * last));
  RecordProperty("run_ms", static_cast<int>(1e3 * first_run));
  RecordProperty("run_at_20000_ms", static_cast<int>(1e3 * last_run));
  // Twenty times the trials: a quadratic step would show as a factor of about twenty.
  EXPECT_LT(last, 5 * first + 0.05);
  EXPECT_LT(last_run, 5 * first_run);
}

TEST_F(ScaleTest, NoQueryOfARunningTrialScansATable) {
  auto store = create();
  make_plan().add_to(store);
  for (const char* view : {"v_trials", "v_evaluations", "v_time_to_target"}) {
    SCOPED_TRACE(view);
    std::string plan;
    for (const auto& row : rows_of(store, std::string("EXPLAIN QUERY PLAN SELECT * FROM ") + view +
                                              " WHERE trial_id = 'x'")) {
      plan += row.at(3) + "\n";
    }
    // A store's sweeps are few; every other table must be searched by an index.
    for (const char* table : {"t", "a", "e", "o", "v", "x", "n", "c", "st", "i", "m"}) {
      EXPECT_THAT(
          plan, ::testing::Not(::testing::ContainsRegex(std::string("SCAN ") + table + "(\n| )")));
    }
  }
}

}  // namespace
}  // namespace timetrial::store
