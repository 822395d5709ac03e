// The trade-off report, from a store.
#include "scoring/tradeoff_store.h"

#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <map>

namespace timetrial::scoring {
namespace {

using testing::HasSubstr;
using testing::Not;
using Point = std::map<std::string, double>;

/// What one trial of a configuration reached: the loss of task "a", the accuracy of task "b".
struct Made {
  std::string submission;
  Point point;
  double loss = 1, accuracy = 0.5;
  std::int64_t steps = 100;
};

class TradeoffStore : public testing::Test {
 protected:
  TradeoffStore()
      : store_(store::Store::open(folder_.path() / "s.db", store::Store::Mode::create)) {
    sweep_.name = "sweep";
    sweep_.rule_set = "rules";
    sweep_.rule_set_hash = "0123456789abcdef";
    sweep_.rule_set_text = "name = \"rules\"";
    sweep_.tuning = "external";
    sweep_.hardware_profile = "cpu-2core";
    workload_ = {"two", "two", "loss", false, 0.1, 0.1, 100, 10, 10, "c", "ch", "dh"};
    workload_.tasks = {{"a", "loss", false, 1.5}, {"b", "accuracy", true, {}}};
  }

  /// Three studies of each.
  void add(const std::vector<Made>& all) {
    std::vector<store::SubmissionRecord> submissions;
    std::vector<store::Trial> trials;
    std::map<std::string, int> numbers;
    for (const auto& made : all) {
      if (numbers[made.submission]++ == 0) {
        submissions.push_back({made.submission, "A", "l.so", "h" + made.submission, "", ""});
      }
    }
    numbers.clear();
    for (const auto& made : all) {
      const int number = numbers[made.submission]++;
      for (int study = 0; study < 3; ++study) {
        store::Trial trial;
        trial.key = {made.submission, "two", study, number};
        trial.point = made.point;
        trial.budget_s = 100;
        const store::SubmissionRecord record{made.submission,       "A", "l.so",
                                             "h" + made.submission, "",  ""};
        trial.id = store::trial_id(sweep_, record, workload_, trial);
        trials.push_back(trial);
      }
    }
    store_.add_sweep(sweep_, submissions, {workload_}, trials);
    for (std::size_t i = 0; i < trials.size(); ++i) finish(trials[i], all[i / 3]);
  }

  void finish(const store::Trial& trial, const Made& made) {
    store::Attempt attempt;
    attempt.trial_id = trial.id;
    attempt.started_ns = 1;
    const auto id = store_.begin_attempt(attempt);
    const double factor = 1 + 0.01 * (trial.key.study - 1);
    Evaluation evaluation;
    evaluation.step = made.steps;
    evaluation.submission_time_s = 2;
    for (const char* split : {"validation", "test"}) {
      evaluation.metrics[std::string(split) + "/a/loss"] = made.loss * factor;
      evaluation.metrics[std::string(split) + "/b/accuracy"] = 1 - (1 - made.accuracy) * factor;
    }
    store_.add_evaluation(id, evaluation);
    store_.finish_trial(trial.id, {OutcomeKind::completed, "", made.steps, 2}, 5);
  }

  void add_front() {
    add({{"scalarize", {{"task_weight_0", 9}, {"task_weight_1", 1}}, 1, 0.6},
         {"scalarize", {{"task_weight_0", 5}, {"task_weight_1", 5}}, 2, 0.8},
         {"scalarize", {{"task_weight_0", 1}, {"task_weight_1", 9}}, 4, 0.9},
         {"pcgrad", {{"learning_rate", 0.1}}, 2, 0.8, 50},
         {"winner", {{"learning_rate", 0.1}}, 1.6, 0.84}});
  }

  test::TemporaryFolder folder_;
  store::Store store_;
  store::Sweep sweep_;
  store::WorkloadRecord workload_;
};

TEST_F(TradeoffStore, TellsTheFrontFromTheMethodsByTheirPoints) {
  add_front();
  const auto found = read_tradeoffs(store_, store_.sweeps().at(0));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].input.sweep.size(), 3U);
  EXPECT_EQ(found[0].input.sweep[0].label, "0.9:0.1");
  ASSERT_EQ(found[0].input.methods.size(), 2U);
  const auto report = make_tradeoff(found[0].input);
  EXPECT_NEAR(report.front[1].test[1], 0.2, 1e-9) << "an accuracy of 0.8 is a loss of 0.2";
  EXPECT_NEAR(report.methods[1].excess.value, std::log(2 / 1.6), 0.1);
  EXPECT_TRUE(is_beyond_noise(report.methods[1]));
  EXPECT_FALSE(is_beyond_noise(report.methods[0]));
}

TEST_F(TradeoffStore, SaysWhoIsBeyondTheFrontAndWhatAStepCosts) {
  add_front();
  const auto sweep = store_.sweeps().at(0);
  const auto text = to_markdown(tradeoff_article(sweep, read_tradeoffs(store_, sweep)));
  EXPECT_THAT(text, HasSubstr("Beyond the front by more than two standard errors: winner."));
  EXPECT_THAT(text, HasSubstr("| pcgrad | 40.000 ± 0.000 | 2.00× |"));
  EXPECT_THAT(text, HasSubstr("| scalarize | a | 1.5 | 3 of 9 |"));
  const auto json = nlohmann::json::parse(tradeoff_json(sweep, read_tradeoffs(store_, sweep)));
  EXPECT_EQ(json["workloads"][0]["methods"][1]["beyond_noise"], true);
}

TEST_F(TradeoffStore, WhatDivergedOrIsQuarantinedIsNotMeasured) {
  add_front();
  const auto trials = store_.trials(1);
  store_.quarantine(trials.back().trial.id, "noise", 9);
  const auto report = make_tradeoff(read_tradeoffs(store_, store_.sweeps().at(0)).at(0).input);
  ASSERT_EQ(report.methods.size(), 1U) << "a method with a seed missing has no mean";
  EXPECT_EQ(report.methods[0].label, "pcgrad");
}

TEST_F(TradeoffStore, WithoutWeightsThereIsNoFront) {
  add({{"pcgrad", {{"learning_rate", 0.1}}, 2, 0.8}});
  const auto sweep = store_.sweeps().at(0);
  const auto text = to_markdown(tradeoff_article(sweep, read_tradeoffs(store_, sweep)));
  EXPECT_THAT(text, HasSubstr("no front to compare with"));
  EXPECT_THAT(text, Not(HasSubstr("Beyond the front")));
}

TEST_F(TradeoffStore, WorkloadsOfOneTaskHaveNone) {
  workload_.tasks.clear();
  add({{"adamw", {}, 1, 0.5}});
  EXPECT_TRUE(read_tradeoffs(store_, store_.sweeps().at(0)).empty());
}

}  // namespace
}  // namespace timetrial::scoring
