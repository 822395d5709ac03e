// Costs at the size of real sweeps: no step may grow with the number of rows.
#include "tests/harness/store/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sqlite3.h>

#include <cstdint>

namespace timetrial::store {
namespace {

std::int64_t steps_of_sqlite = 0;

/// Has SQLite count the steps of its machine from here on, of all connections. They are the same
/// on every machine and in every build, which processor time is not.
class ScaleTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    const auto count = [](sqlite3* database, char**, const sqlite3_api_routines*) {
      sqlite3_progress_handler(
          database, 1, [](void*) { return ++steps_of_sqlite, 0; }, nullptr);
      return SQLITE_OK;
    };
    sqlite3_auto_extension(reinterpret_cast<void (*)()>(+count));
  }
  void TearDown() override {
    sqlite3_reset_auto_extension();
    StoreTest::TearDown();
  }
};

template <typename Action>
std::int64_t cost_of(Action action) {
  const std::int64_t before = steps_of_sqlite;
  action();
  return steps_of_sqlite - before;
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

TEST_F(ScaleTest, PlanningCostsTheSameForEachTrial) {
  auto small = create("small.db"), large = create("large.db");
  const auto few = make_plan(3, 50), many = make_plan(30, 50);
  ASSERT_EQ(many.trials.size(), 3000U);
  const std::int64_t few_first = cost_of([&] { few.add_to(small); });
  const std::int64_t first = cost_of([&] { many.add_to(large); });
  const std::int64_t few_again = cost_of([&] { few.add_to(small); });
  const std::int64_t again = cost_of([&] { many.add_to(large); });
  EXPECT_LT(first, 11 * few_first);  // ten times the trials
  EXPECT_LT(again, 11 * few_again);
}

TEST_F(ScaleTest, CostPerTrialStaysFlatFromOneToTwentyThousand) {
  const auto plans = plans_of(20'000);
  auto store = create();
  const auto plan_and_list = [&](const Plan& plan) {
    return cost_of([&] {
      const auto id = plan.add_to(store);
      EXPECT_EQ(store.trials(id).size(), 1000U);
    });
  };
  const std::int64_t first = plan_and_list(plans[0]);
  const std::int64_t first_run = cost_of([&] { run_some(store, plans[0]); });
  for (std::size_t i = 1; i + 1 < plans.size(); ++i) plans[i].add_to(store);
  const std::int64_t last = plan_and_list(plans.back());
  const std::int64_t last_run = cost_of([&] { run_some(store, plans.back()); });
  EXPECT_NEAR(static_cast<double>(last) / static_cast<double>(first), 1, 0.02);
  EXPECT_NEAR(static_cast<double>(last_run) / static_cast<double>(first_run), 1, 0.02);
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
