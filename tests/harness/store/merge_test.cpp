#include "harness/trial/error.h"
#include "tests/harness/store/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace timetrial::store {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Counts = std::map<std::string, std::int64_t>;

class MergeTest : public StoreTest {
 protected:
  /// Runs a trial of the plan to its end: `evaluations` of them, the last at its target.
  void run(Store& store, std::size_t trial, int evaluations, std::int64_t finished_ns) const {
    const auto& id = plan_.trials[trial].id;
    const auto attempt = store.begin_attempt(attempt_of(id, 0, finished_ns - 1));
    for (int i = 0; i < evaluations; ++i) {
      store.add_evaluation(attempt, evaluation_at(i, {{"validation/accuracy", 0.1 * i}}));
    }
    store.add_checkpoint(attempt, {"c", "h", 1, 1, 0});
    store.end_attempt(attempt, {finished_ns, 10.0 * evaluations, 0, 0, ""});
    store.finish_trial(id, {OutcomeKind::completed, "", 1, 10.0 * evaluations}, finished_ns);
  }

  Store shard(const std::string& name) const {
    auto store = create(name);
    plan_.add_to(store);
    return store;
  }

  const Plan plan_ = make_plan();
};

TEST_F(MergeTest, JoinsShardsInAnyOrderAndAnyNumberOfTimes) {
  {
    auto a = shard("a.db"), b = shard("b.db"), c = shard("c.db");
    run(a, 0, 3, 100);
    run(b, 1, 2, 200);
    run(b, 2, 1, 300);
    c.begin_attempt(attempt_of(plan_.trials[3].id));
  }
  auto forward = create("forward.db"), backward = create("backward.db");
  EXPECT_EQ(forward.merge(file("a.db")), (Counts{{"sweeps", 1},
                                                 {"trials", 8},
                                                 {"attempts", 1},
                                                 {"evaluations", 3},
                                                 {"outcomes", 1},
                                                 {"imported_trials", 0}}));
  EXPECT_EQ(forward.merge(file("b.db")), (Counts{{"sweeps", 0},
                                                 {"trials", 0},
                                                 {"attempts", 2},
                                                 {"evaluations", 3},
                                                 {"outcomes", 2},
                                                 {"imported_trials", 0}}));
  forward.merge(file("c.db"));
  const auto hash = forward.content_hash();
  const Counts nothing{{"sweeps", 0},      {"trials", 0},   {"attempts", 0},
                       {"evaluations", 0}, {"outcomes", 0}, {"imported_trials", 0}};
  for (const char* name : {"a.db", "b.db", "c.db"}) EXPECT_EQ(forward.merge(file(name)), nothing);
  EXPECT_EQ(forward.content_hash(), hash);

  for (const char* name : {"c.db", "b.db", "a.db"}) backward.merge(file(name));
  EXPECT_EQ(backward.content_hash(), hash);
  EXPECT_THAT(forward.check(), IsEmpty());
  EXPECT_EQ(forward.evaluations(plan_.trials[0].id).size(), 3U);
  EXPECT_EQ(forward.checkpoints(plan_.trials[0].id).size(), 1U);
  EXPECT_EQ(forward.trials(1)[1].outcome->step, 1);
}

TEST_F(MergeTest, TakesWhatAShardHasAddedSinceTheLastMerge) {
  auto a = shard("a.db");
  const auto& id = plan_.trials[0].id;
  const auto attempt = a.begin_attempt(attempt_of(id));
  a.add_evaluation(attempt, evaluation_at(0, {{"validation/accuracy", 0.1}}));
  auto out = create("out.db");
  out.merge(file("a.db"));
  auto second = evaluation_at(1, {{"validation/accuracy", 0.2}});
  second.recorded = {{"weight", 3}};
  a.add_evaluation(attempt, second);
  a.add_training_losses(attempt, {0, 1, {0.5F, 0.25F}});
  a.finish_trial(id, {OutcomeKind::completed, "", 2, 20}, 5);
  const auto added = out.merge(file("a.db"));
  EXPECT_EQ(added.at("attempts"), 0);
  EXPECT_EQ(added.at("evaluations"), 1);
  ASSERT_EQ(out.evaluations(id).size(), 2U);
  EXPECT_EQ(out.evaluations(id)[1].metrics.at("validation/accuracy"), 0.2);
  EXPECT_EQ(out.evaluations(id)[1].data_wait_s, 0.25);
  EXPECT_EQ(out.evaluations(id)[1].recorded.at("weight"), 3);
  EXPECT_EQ(out.training_losses(id).at(0).losses.at(1), 0.25F);
  EXPECT_EQ(out.content_hash(), a.content_hash());
}

TEST_F(MergeTest, ATrialRunTwiceCountsOnceAsTheFirstToFinish) {
  {
    auto a = shard("a.db"), b = shard("b.db");
    run(a, 0, 3, 100);
    run(b, 0, 5, 50);
  }
  for (const auto& order : std::vector<std::vector<std::string>>{{"a", "b"}, {"b", "a"}}) {
    auto out = create("out" + order[0] + ".db");
    for (const auto& name : order) out.merge(file(name + ".db"));
    EXPECT_EQ(out.evaluations(plan_.trials[0].id).size(), 5U);
    EXPECT_EQ(out.trial(plan_.trials[0].id)->attempts, 1);
    EXPECT_EQ(out.trial(plan_.trials[0].id)->outcome->submission_time_s, 50);
    EXPECT_EQ(rows_of(out, "SELECT COUNT(*) FROM v_trials").at(0).at(0), "8");
    EXPECT_EQ(rows_of(out, "SELECT evaluations FROM v_time_to_target WHERE trial_id = '" +
                               plan_.trials[0].id + "'")
                  .at(0)
                  .at(0),
              "5");
    EXPECT_THAT(out.check(), IsEmpty());
  }
}

TEST_F(MergeTest, WhatDoesNotFitIsRefusedAndChangesNothing) {
  auto out = shard("out.db");
  const auto hash = out.content_hash();
  auto other_rules = plan_;
  other_rules.sweep.rule_set_hash = "other";
  other_rules.set_ids();
  auto other_library = plan_;
  other_library.submissions[0].library_hash = "other";
  other_library.set_ids();
  {
    auto rules = create("rules.db"), library = create("library.db");
    other_rules.add_to(rules);
    other_library.add_to(library);
  }
  EXPECT_THAT(message_of<InputError>([&] { out.merge(file("rules.db")); }),
              HasSubstr("rules.db: sweep 'sweep' has another rule_set_hash"));
  EXPECT_THAT(message_of<InputError>([&] { out.merge(file("library.db")); }),
              HasSubstr("library.db: sweep 'sweep' has another library_hash of s0"));
  EXPECT_THAT(message_of<InputError>([&] { out.merge(file("absent.db")); }),
              HasSubstr("absent.db: no store here"));
  EXPECT_THAT(message_of<InputError>([&] { out.merge(file("out.db")); }),
              HasSubstr("cannot be merged into itself"));
  EXPECT_EQ(out.content_hash(), hash);
}

}  // namespace
}  // namespace timetrial::store
