#include "harness/store/store.h"

#include "harness/trial/error.h"
#include "tests/harness/store/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace timetrial::store {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(StoreTest, GivesBackThePlan) {
  auto store = create();
  const auto plan = make_plan();
  const auto id = plan.add_to(store);

  ASSERT_EQ(store.sweeps().size(), 1U);
  const auto sweep = store.sweeps().front();
  EXPECT_EQ(sweep.id, id);
  EXPECT_EQ(sweep.seed, 0xFFFFFFFFFFFFFFFFULL);
  EXPECT_EQ(sweep.rule_set_text, plan.sweep.rule_set_text);
  EXPECT_EQ(sweep.max_steps, std::nullopt);
  ASSERT_EQ(store.submissions(id).size(), 2U);
  EXPECT_EQ(store.submissions(id)[1].library_hash, "ls1");
  ASSERT_EQ(store.workloads(id).size(), 2U);
  EXPECT_EQ(store.workloads(id)[0].name, "up");
  EXPECT_FALSE(store.workloads(id)[1].higher_is_better);
  EXPECT_EQ(store.workloads(id)[1].test_target, 1.1);

  const auto rows = store.trials(id);
  ASSERT_EQ(rows.size(), plan.trials.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].trial.id, plan.trials[i].id);
    EXPECT_EQ(rows[i].trial.key, plan.trials[i].key);
    EXPECT_EQ(rows[i].trial.point, plan.trials[i].point);
    EXPECT_EQ(rows[i].sweep_id, id);
    EXPECT_EQ(rows[i].attempts, 0);
    EXPECT_FALSE(rows[i].outcome.has_value());
  }
  EXPECT_THAT(store.check(), IsEmpty());
}

TEST_F(StoreTest, AddingAnEqualSweepAgainChangesNothing) {
  auto store = create();
  const auto plan = make_plan();
  const auto id = plan.add_to(store);
  const auto hash = store.content_hash();
  EXPECT_EQ(plan.add_to(store), id);
  EXPECT_EQ(store.content_hash(), hash);
  EXPECT_EQ(store.trials(id).size(), plan.trials.size());
}

TEST_F(StoreTest, AnotherSweepOfTheSameNameIsRefusedAndSaysWhatDiffers) {
  auto store = create();
  make_plan().add_to(store);
  struct Case {
    const char* differs;
    void (*change)(Plan&);
  };
  const std::vector<Case> cases{
      {"rule_set_hash", [](Plan& p) { p.sweep.rule_set_hash = "other"; }},
      {"tuning", [](Plan& p) { p.sweep.tuning = "self"; }},
      {"seed", [](Plan& p) { p.sweep.seed = 1; }},
      {"max_steps", [](Plan& p) { p.sweep.max_steps = 10; }},
      {"library_hash of submission s1", [](Plan& p) { p.submissions[1].library_hash = "x"; }},
      {"data_hash of workload up", [](Plan& p) { p.workloads[0].data_hash = "x"; }},
      {"trials", [](Plan& p) { p.trials.pop_back(); }},
  };
  const auto hash = store.content_hash();
  for (const auto& test : cases) {
    SCOPED_TRACE(test.differs);
    auto plan = make_plan();
    test.change(plan);
    plan.set_ids();
    EXPECT_THAT(message_of<InputError>([&] { plan.add_to(store); }),
                HasSubstr(std::string("sweep 'sweep' exists and differs (") + test.differs + ")"));
  }
  EXPECT_EQ(store.content_hash(), hash);
}

TEST_F(StoreTest, TwoSweepsOfEqualTermsShareTheirTrials) {
  auto store = create();
  auto plan = make_plan();
  const auto first = plan.add_to(store);
  plan.sweep.name = "again";
  const auto second = plan.add_to(store);
  EXPECT_NE(first, second);
  store.finish_trial(plan.trials[0].id, {OutcomeKind::completed, "", 5, 1.0}, 9);
  EXPECT_TRUE(store.trials(second)[0].outcome.has_value());
}

TEST_F(StoreTest, ATrialWithAnotherIdIsRefused) {
  auto store = create();
  auto plan = make_plan();
  plan.trials[1].seed = 8;  // and the id stays
  EXPECT_THAT(message_of<StoreError>([&] { plan.add_to(store); }),
              HasSubstr("its id is not the hash that identifies it"));
  EXPECT_THAT(store.sweeps(), IsEmpty());
}

TEST_F(StoreTest, TrialIdDependsOnEverythingThatIdentifiesATrial) {
  struct Case {
    const char* name;
    void (*change)(Plan&);
  };
  const std::vector<Case> cases{
      {"rule set", [](Plan& p) { p.sweep.rule_set_hash = "x"; }},
      {"tuning", [](Plan& p) { p.sweep.tuning = "self"; }},
      {"profile", [](Plan& p) { p.sweep.hardware_profile = "x"; }},
      {"step limit", [](Plan& p) { p.sweep.max_steps = 3; }},
      {"library", [](Plan& p) { p.submissions[0].library_hash = "x"; }},
      {"search space", [](Plan& p) { p.submissions[0].search_space_hash = "x"; }},
      {"configuration", [](Plan& p) { p.workloads[0].configuration_hash = "x"; }},
      {"data", [](Plan& p) { p.workloads[0].data_hash = "x"; }},
      {"study", [](Plan& p) { p.trials[0].key.study = 1; }},
      {"trial", [](Plan& p) { p.trials[0].key.trial = 9; }},
      {"point", [](Plan& p) { p.trials[0].point["lr"] = std::nextafter(0.1, 1); }},
      {"seed", [](Plan& p) { p.trials[0].seed = 1; }},
      {"budget", [](Plan& p) { p.trials[0].budget_s = 150; }},
  };
  const auto id = make_plan().trials[0].id;
  EXPECT_EQ(id.size(), 64U);
  for (const auto& test : cases) {
    SCOPED_TRACE(test.name);
    auto plan = make_plan();
    test.change(plan);
    plan.set_ids();
    EXPECT_NE(plan.trials[0].id, id);
  }
  auto unchanged = make_plan();
  unchanged.sweep.name = "other";
  unchanged.sweep.hardware_json = "{\"cpu\": 1}";
  unchanged.submissions[0].library = "/elsewhere.so";
  unchanged.set_ids();
  EXPECT_EQ(unchanged.trials[0].id, id);
}

TEST_F(StoreTest, GivesBackARunThatWasResumed) {
  auto store = create();
  const auto plan = make_plan();
  plan.add_to(store);
  const auto& id = plan.trials[0].id;

  const auto first = store.begin_attempt(attempt_of(id, 0, 1000));
  store.add_evaluation(first, evaluation_at(0, {{"validation/accuracy", 0.5}, {"train/loss", 2}}));
  store.add_checkpoint(first, {"c0", "hash0", 100, 10, 0.1});
  store.add_checkpoint(first, {"c1", "hash1", 150, 15, 0.1});
  auto again = attempt_of(id, 1, 2000);
  again.start_step = 150;
  again.start_time_s = 16;
  const auto second = store.begin_attempt(again);
  store.add_evaluation(second, evaluation_at(1, {{"validation/accuracy", 0.95}}));
  store.end_attempt(second, {3000, 21, 0, 1 << 20, R"({"load": 1})"});
  EXPECT_EQ(store.trial(id)->attempts, 2);
  EXPECT_EQ(store.trial(id)->submission_time_s, 21);
  EXPECT_FALSE(store.trial(id)->outcome.has_value());
  store.finish_trial(id, {OutcomeKind::target_reached, "", 200, 20}, 4000);

  const auto evaluations = store.evaluations(id);
  EXPECT_EQ(evaluations.at(0).data_wait_s, 0.125);
  ASSERT_EQ(evaluations.size(), 2U);
  EXPECT_EQ(evaluations[0].metrics.at("train/loss"), 2);
  EXPECT_EQ(evaluations[0].evaluation_time_s, 0.5);
  EXPECT_EQ(evaluations[1].metrics.size(), 1U);
  EXPECT_EQ(evaluations[1].parameter_hash, "1");
  const auto checkpoints = store.checkpoints(id);
  ASSERT_EQ(checkpoints.size(), 2U);
  EXPECT_EQ(checkpoints[0].file, "c1");
  EXPECT_EQ(checkpoints[0].step, 150);
  const auto attempts = store.attempts(id);
  ASSERT_EQ(attempts.size(), 2U);
  EXPECT_EQ(attempts[1].id, second);
  EXPECT_EQ(attempts[1].start_time_s, 16);
  EXPECT_EQ(store.trial(id)->outcome->kind, OutcomeKind::target_reached);
  EXPECT_EQ(store.trial(id)->outcome->step, 200);
  EXPECT_THAT(store.check(), IsEmpty());
}

TEST_F(StoreTest, KeepsTheTasksOfAWorkload) {
  auto store = create();
  auto plan = make_plan();
  plan.add_to(store);
  const auto workloads = store.workloads(1);
  EXPECT_TRUE(workloads.at(0).tasks.empty());
  EXPECT_EQ(workloads.at(1).tasks, plan.workloads[1].tasks);
  const auto hash = store.content_hash();
  plan.workloads[1].tasks[0].validation_target = 0.25;
  EXPECT_THROW(plan.add_to(store), InputError) << "another sweep of the same name";
  EXPECT_EQ(store.content_hash(), hash);
}

TEST_F(StoreTest, KeepsWhatASubmissionSaidBesideWhatWasMeasured) {
  auto store = create();
  const auto plan = make_plan();
  plan.add_to(store);
  const auto& id = plan.trials[0].id;
  const auto attempt = store.begin_attempt(attempt_of(id));
  auto evaluation = evaluation_at(0, {{"validation/accuracy", 0.5}});
  evaluation.recorded = {{"weight", 2}};
  store.add_evaluation(attempt, evaluation);
  evaluation = evaluation_at(1, {{"validation/accuracy", 0.75}});
  evaluation.recorded = {{"weight", std::numeric_limits<double>::quiet_NaN()}, {"clip", 0.5}};
  store.add_evaluation(attempt, evaluation);
  const auto evaluations = store.evaluations(id);
  EXPECT_EQ(evaluations.at(0).recorded.at("weight"), 2);
  EXPECT_EQ(evaluations.at(0).metrics.size(), 1U);
  EXPECT_TRUE(std::isnan(evaluations.at(1).recorded.at("weight")));
  const auto last = store.last_evaluations(1);
  ASSERT_EQ(last.size(), 1U) << "the other trials have none";
  EXPECT_EQ(last.at(id).step, evaluations[1].step);
  EXPECT_EQ(last.at(id).submission_time_s, evaluations[1].submission_time_s);
  EXPECT_EQ(last.at(id).metrics, evaluations[1].metrics);
  EXPECT_EQ(last.at(id).recorded.at("clip"), 0.5);

  store.add_recorded(attempt, {{"evaluator/calibration/ece", 0.25}});
  EXPECT_EQ(store.evaluations(id).at(1).recorded.at("evaluator/calibration/ece"), 0.25);
  EXPECT_FALSE(store.evaluations(id).at(0).recorded.contains("evaluator/calibration/ece"));
  EXPECT_THROW(store.add_recorded(attempt, {{"clip", 1}}), std::exception) << "is there already";
}

TEST_F(StoreTest, TheLastEvaluationIsOfTheLastAttempt) {
  auto store = create();
  const auto plan = make_plan();
  plan.add_to(store);
  const auto& id = plan.trials[0].id;
  const auto first = store.begin_attempt(attempt_of(id, 0, 1000));
  store.add_evaluation(first, evaluation_at(0, {{"validation/accuracy", 0.5}}));
  store.add_evaluation(first, evaluation_at(1, {{"validation/accuracy", 0.6}}));
  const auto second = store.begin_attempt(attempt_of(id, 1, 2000));
  store.add_evaluation(second, evaluation_at(0, {{"validation/accuracy", 0.7}}));
  EXPECT_EQ(store.last_evaluations(1).at(id).metrics.at("validation/accuracy"), 0.7);
}

TEST_F(StoreTest, TrainingLossesAreThoseOfThePastThatCounts) {
  auto store = create();
  const auto plan = make_plan();
  plan.add_to(store);
  const auto& id = plan.trials[0].id;
  const auto first = store.begin_attempt(attempt_of(id, 0, 1000));
  store.add_training_losses(first, {0, 1, {4, 3}});
  store.add_training_losses(first, {2, 1, {2.5F}});
  store.add_training_losses(first, {3, 1, {2}});  // undone: the checkpoint was at step 2
  auto again = attempt_of(id, 1, 2000);
  again.start_step = 2;
  const auto second = store.begin_attempt(again);
  store.add_training_losses(second, {2, 2, {2.5F, 1}});
  const auto curves = store.training_losses(id);
  ASSERT_EQ(curves.size(), 2U);
  EXPECT_EQ(curves[0].losses, (std::vector<float>{4, 3}));
  EXPECT_EQ(curves[1].first_step, 2);
  EXPECT_EQ(curves[1].stride, 2);
  EXPECT_EQ(curves[1].losses, (std::vector<float>{2.5F, 1}));
  EXPECT_TRUE(store.training_losses(plan.trials[1].id).empty());
  EXPECT_THAT(store.check(), IsEmpty());
}

TEST_F(StoreTest, SubmissionTimeIsTheMostThatAnythingRecorded) {
  auto store = create();
  const auto plan = make_plan();
  plan.add_to(store);
  const auto& id = plan.trials[0].id;
  auto attempt = attempt_of(id);
  attempt.start_time_s = 3;
  const auto first = store.begin_attempt(attempt);
  EXPECT_EQ(store.trial(id)->submission_time_s, 3);
  store.add_evaluation(first, evaluation_at(0, {}));
  EXPECT_EQ(store.trial(id)->submission_time_s, 10);
  store.add_checkpoint(first, {"c", "h", 110, 12, 0.1});
  EXPECT_EQ(store.trial(id)->submission_time_s, 12);
}

TEST_F(StoreTest, MetricsThatAreNotFiniteComeBackAsTheyWere) {
  auto store = create();
  const auto plan = make_plan();
  plan.add_to(store);
  const auto attempt = store.begin_attempt(attempt_of(plan.trials[0].id));
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  store.add_evaluation(attempt, evaluation_at(0, {{"a", std::nan("")},
                                                  {"b", kInfinity},
                                                  {"c", -kInfinity},
                                                  {"d", 4.9e-324},
                                                  {"e", 0.1 + 0.2}}));
  const auto metrics = store.evaluations(plan.trials[0].id).at(0).metrics;
  EXPECT_TRUE(std::isnan(metrics.at("a")));
  EXPECT_EQ(metrics.at("b"), kInfinity);
  EXPECT_EQ(metrics.at("c"), -kInfinity);
  EXPECT_EQ(metrics.at("d"), 4.9e-324);
  EXPECT_EQ(metrics.at("e"), 0.1 + 0.2);
}

TEST_F(StoreTest, MisuseIsRefusedAndLeavesNothing) {
  auto store = create();
  const auto plan = make_plan();
  plan.add_to(store);
  const auto& id = plan.trials[0].id;
  const auto attempt = store.begin_attempt(attempt_of(id));
  const auto hash = store.content_hash();

  EXPECT_THAT(message_of<StoreError>([&] { store.begin_attempt(attempt_of("nobody")); }),
              HasSubstr("no trial nobody is planned"));
  EXPECT_THAT(message_of<StoreError>([&] { store.begin_attempt(attempt_of(id)); }),
              HasSubstr("has an attempt 0 already; is another process running it?"));
  EXPECT_THROW(store.add_evaluation(attempt + 1, evaluation_at(0, {{"a", 1}})), StoreError);
  EXPECT_THROW(store.add_evaluation(attempt, evaluation_at(0, {{"", 1}})), StoreError);
  EXPECT_THROW(store.add_evaluation(attempt, evaluation_at(-3, {})), StoreError);
  EXPECT_THROW(store.end_attempt(attempt, {0, std::nan(""), 0, 0, ""}), StoreError);
  EXPECT_THROW(store.end_attempt(attempt, {0, 1, 0, 0, "no json"}), StoreError);
  EXPECT_THAT(message_of<StoreError>([&] {
                store.finish_trial(id, {OutcomeKind::interrupted, "", 0, 0}, 1);
              }),
              HasSubstr("an interruption is no outcome"));
  EXPECT_EQ(store.content_hash(), hash);

  store.finish_trial(id, {OutcomeKind::crashed, "signal 11", 3, 1}, 1);
  EXPECT_THAT(message_of<StoreError>([&] {
                store.finish_trial(id, {OutcomeKind::completed, "", 9, 2}, 2);
              }),
              HasSubstr("has an outcome already (crashed)"));
  EXPECT_THROW(store.begin_attempt(attempt_of(id, 1)), StoreError);
  EXPECT_EQ(store.trial(id)->outcome->reason, "signal 11");
}

TEST_F(StoreTest, ATrialMayFailBeforeItsFirstAttempt) {
  auto store = create();
  const auto plan = make_plan();
  plan.add_to(store);
  store.finish_trial(plan.trials[0].id, {OutcomeKind::crashed, "no referee", 0, 0}, 1);
  const auto row = store.trial(plan.trials[0].id);
  EXPECT_EQ(row->outcome->reason, "no referee");
  EXPECT_EQ(row->attempts, 0);
}

TEST_F(StoreTest, EveryFinalOutcomeIsAccepted) {
  auto store = create();
  const auto plan = make_plan(3, 2);
  plan.add_to(store);
  for (int kind = 0; kind < static_cast<int>(OutcomeKind::interrupted); ++kind) {
    const auto& id = plan.trials[static_cast<std::size_t>(kind)].id;
    store.finish_trial(id, {static_cast<OutcomeKind>(kind), "", 0, 0}, 1);
    EXPECT_EQ(store.trial(id)->outcome->kind, static_cast<OutcomeKind>(kind));
  }
}

TEST_F(StoreTest, ContentHashFollowsTheContent) {
  auto store = create();
  const auto plan = make_plan();
  const auto empty = store.content_hash();
  plan.add_to(store);
  const auto planned = store.content_hash();
  const auto attempt = store.begin_attempt(attempt_of(plan.trials[0].id));
  const auto begun = store.content_hash();
  store.add_evaluation(attempt, evaluation_at(0, {{"a", 1}}));
  const auto evaluated = store.content_hash();
  EXPECT_NE(empty, planned);
  EXPECT_NE(planned, begun);
  EXPECT_NE(begun, evaluated);
  EXPECT_EQ(Store::open(file(), Store::Mode::read_only).content_hash(), evaluated);
}

TEST_F(StoreTest, BackupIsAWholeStore) {
  auto store = create();
  make_plan().add_to(store);
  store.backup(file("copy.db"));
  EXPECT_EQ(Store::open(file("copy.db"), Store::Mode::read_write).content_hash(),
            store.content_hash());
  EXPECT_THAT(message_of<InputError>([&] { store.backup(file("copy.db")); }),
              HasSubstr("copy.db: exists already"));
}

}  // namespace
}  // namespace timetrial::store
