#include "scoring/sweep_divergence.h"

#include "tests/support/example_results.h"
#include "tests/support/store_of_results.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace timetrial::scoring {
namespace {

TEST(UsualLimit, IsOfAnAreaUnderTheCurveAlone) {
  ASSERT_TRUE(usual_limit("auc", true));
  EXPECT_TRUE(usual_limit("auc", true)->is_beyond(0.549));
  EXPECT_FALSE(usual_limit("auc", true)->is_beyond(0.55));
  EXPECT_TRUE(usual_limit("mean_auc", true));
  EXPECT_FALSE(usual_limit("accuracy", true));
  EXPECT_FALSE(usual_limit("auc", false));
}

TEST(TrialEnding, IsWhatTheStoreKnows) {
  store::TrialRow row;
  store::WorkloadRecord workload;
  workload.metric = "auc";
  Evaluation last;
  last.step = 90;
  last.metrics = {{"validation/auc", 0.5}, {"test/auc", 0.9}};
  auto ending = ending_of(row, workload, &last, {});
  EXPECT_FALSE(ending.not_finite_at);
  EXPECT_EQ(ending.metric, 0.5);
  EXPECT_EQ(ending.metric_step, 90);
  EXPECT_EQ(ending.limit->value, 0.55);
  EXPECT_FALSE(ending_of(row, workload, &last, {.usual = false, .value = {}}).limit);
  EXPECT_EQ(ending_of(row, workload, &last, {.usual = false, .value = 0.7}).limit->value, 0.7);
  row.outcome = Outcome{OutcomeKind::diverged, "", 120};
  ending = ending_of(row, workload, nullptr, {});
  EXPECT_EQ(ending.not_finite_at, 120);
  EXPECT_FALSE(ending.metric);
}

class SweepDivergences : public testing::Test {
 protected:
  SweepDivergences() {
    auto results = test::example_results();
    results.cells.front().studies.front().trials.front().outcome.reset();  // begun, not finished
    test::write_to_store(results, file_);
  }

  store::Store open() const { return store::Store::open(file_, store::Store::Mode::read_write); }
  static void add_losses(store::Store& store, const std::string& trial,
                         const TrainingLosses& losses) {
    store.add_training_losses(store.attempts(trial).at(0).id, losses);
  }
  static SweepDivergence found(const store::Store& store, const LimitChoice& limit = {}) {
    return find_divergences(store, store.sweeps().at(0), limit);
  }

  test::TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "results.db";
};

TEST_F(SweepDivergences, AreUnknownWithoutLosses) {
  const auto store = open();
  const auto result = found(store, {.usual = false, .value = {}});
  EXPECT_EQ(result.recorded, 0);
  EXPECT_EQ(result.trials.size(), store.trials(1).size());
  for (const auto& trial : result.trials) {
    EXPECT_EQ(trial.divergence.kind, trial.outcome == OutcomeKind::diverged
                                         ? DivergenceKind::full
                                         : DivergenceKind::unknown);
  }
}

TEST_F(SweepDivergences, AreToldTrialByTrialAndCountedByPoint) {
  auto store = open();
  std::vector<store::TrialRow> closed, open_ones;
  for (const auto& row : store.trials(1)) {
    (row.outcome ? closed : open_ones).push_back(row);
  }
  ASSERT_GE(closed.size(), 2U);
  ASSERT_GE(open_ones.size(), 1U);
  TrainingLosses calm{0, 1, std::vector<float>(100, 1.0F)};
  TrainingLosses risen = calm;
  for (std::size_t i = 50; i < 100; ++i) risen.losses[i] = 9;
  add_losses(store, closed[0].trial.id, calm);
  add_losses(store, closed[1].trial.id, risen);
  add_losses(store, open_ones[0].trial.id, risen);
  const auto result = found(store, {.usual = false, .value = {}});
  EXPECT_EQ(result.recorded, 3);
  const auto of = [&](const store::TrialRow& row) {
    const auto trial =
        std::find_if(result.trials.begin(), result.trials.end(),
                     [&](const TrialDivergence& each) { return each.key == row.trial.key; });
    return *trial;
  };
  EXPECT_EQ(of(closed[0]).divergence.kind, DivergenceKind::none);
  EXPECT_EQ(of(closed[1]).divergence.kind, DivergenceKind::full);
  EXPECT_EQ(of(open_ones[0]).divergence.kind, DivergenceKind::unknown) << "it may come down again";
  EXPECT_EQ(of(open_ones[0]).divergence.losses, 100);
  int full = 0, all = 0;
  for (const auto& counts : result.counts) {
    for (const auto& [kind, trials] : counts.trials) {
      full += kind == DivergenceKind::full ? trials : 0;
      all += trials;
    }
  }
  EXPECT_EQ(static_cast<std::size_t>(all), result.trials.size());
  EXPECT_GE(full, 1);
}

}  // namespace
}  // namespace timetrial::scoring
